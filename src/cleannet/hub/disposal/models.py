"""Remember orders, what has to reach the network, what was fed back, and what was seen."""

from django.db import models

from cleannet.hub.ledger.work import Work


class Order(models.Model):
    """Hold one 处置任务: one name, address or URL (`reach`) one party shall act on, under one notice; see `steps`."""

    number = models.CharField(max_length=80, primary_key=True)
    case = models.CharField(max_length=64)
    notice = models.CharField(max_length=64)
    party = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    target = models.CharField(max_length=2000)
    reach = models.CharField(max_length=10)
    status = models.CharField(max_length=20, default="issued")
    reason = models.TextField(default="")
    issued_at = models.DateTimeField()
    again = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="earlier")
    # Since when a relapse would be one: its verification, or a person's word that what was seen was none.
    watched_from = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "party", "target"], name="order_once_per_notice")]
        indexes = [models.Index(fields=["case", "issued_at"], name="order_of_case")]

    def __str__(self) -> str:
        return self.number


class Delivery(Work):
    """Hold what has to reach the network for an order; leased and tried again until it has."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=20)
    given_up = models.BooleanField(default=False)

    class Meta(Work.Meta):
        abstract = False


class Probe(Work):
    """Hold one look at an order's target, asked for or `scheduled` after its verification; leased, and over once it
    was seen from every vantage.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="probes")
    scheduled = models.BooleanField(default=False)

    class Meta(Work.Meta):
        abstract = False


class Asked(models.Model):
    """Hold when a look last asked a host, so that no process asks it again too soon."""

    host = models.CharField(max_length=253, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.host


class Inside(models.Model):
    """Hold one request to an edge to look from inside its party's network: answered once, and never after its end."""

    id = models.CharField(max_length=32, primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="insides")
    edge = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["edge", "expires_at"], name="inside_of_edge")]

    def __str__(self) -> str:
        return self.id


class Feedback(models.Model):
    """Hold one feedback (附件五) of a party on a notice; `items` says per order what was done or why not.

    It is `settled` once it was answered with a certain verdict on every order it speaks of.
    """

    number = models.CharField(max_length=200, primary_key=True)
    case = models.CharField(max_length=64)
    notice = models.CharField(max_length=64)
    party = models.CharField(max_length=64)
    person = models.CharField(max_length=32)
    items = models.JSONField()
    users_told = models.PositiveIntegerField(null=True)
    disposed_at = models.DateTimeField()
    fed_back_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    settled = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["case", "fed_back_at"], name="feedback_of_case")]

    def __str__(self) -> str:
        return self.number


class Sighting(models.Model):
    """Hold one look at an order's target from one vantage: what answered, what that says, and whether it decides."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="sightings")
    kind = models.CharField(max_length=10)
    vantage = models.CharField(max_length=300)
    decides = models.BooleanField()
    verdict = models.CharField(max_length=12)
    evidence = models.JSONField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["order", "seen_at"], name="sighting_of_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.verdict}"
