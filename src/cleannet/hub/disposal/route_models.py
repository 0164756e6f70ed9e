"""Remember who holds what, and why each order went to its party. Read them from models."""

from django.db import models

from cleannet.hub.ledger.work import Work


class RouteTable(models.Model):
    """Hold one imported table of who holds what (formats.route_table); a newer one of its source takes its place."""

    source = models.CharField(max_length=100)
    kind = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    imported_at = models.DateTimeField()
    current = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=models.Q(current=True), name="route_table_once"),
        ]

    def __str__(self) -> str:
        return self.source


class Route(models.Model):
    """Hold one row of a table; `key` is its place, see core.space, empty for what is neither name nor network."""

    table = models.ForeignKey(RouteTable, on_delete=models.CASCADE, related_name="routes")
    what = models.CharField(max_length=260)
    key = models.BinaryField()
    party = models.CharField(max_length=64)
    province = models.CharField(max_length=2)
    line = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["what"], name="route_by_what"),
            models.Index(fields=["key"], name="route_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.what} → {self.party}"


class Override(models.Model):
    """Hold what a person said about who disposes of a name, address or network; superseded, never deleted.

    Without a party it says that the tables decide again.
    """

    what = models.CharField(max_length=260)
    party = models.CharField(max_length=64)
    reason = models.TextField()
    by = models.CharField(max_length=64)
    person = models.CharField(max_length=32)
    made_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["what"], condition=models.Q(superseded_at=None), name="override_once"),
        ]

    def __str__(self) -> str:
        return f"{self.what} → {self.party}"


class Registration(Work):
    """Hold what a registry said of a domain (its `key`), until it expires, or the look-up that waits for an answer.

    `source` is empty where nobody could be asked; `registered` is None before the first answer.
    """

    source = models.CharField(max_length=10, default="")
    registered = models.BooleanField(null=True)
    registrar_id = models.CharField(max_length=20, default="")
    registrar = models.CharField(max_length=300, default="")
    evidence = models.JSONField(default=dict)
    looked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta(Work.Meta):
        abstract = False


class Routing(models.Model):
    """Hold why an order went to its party: what the hub proposed, and whether that or a person's own choice stands."""

    order = models.OneToOneField("disposal.Order", on_delete=models.PROTECT, primary_key=True, related_name="routing")
    proposed = models.BooleanField()
    why = models.CharField(max_length=20)
    evidence = models.JSONField()
    others = models.JSONField()
    person = models.CharField(max_length=32)
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.order_id} {self.why}"
