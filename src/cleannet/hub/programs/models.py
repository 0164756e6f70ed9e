"""Remember each malicious program, what betrays it, and every release of the watchlist."""

from django.db import models


class Program(models.Model):
    """Hold one counting unit (单个恶意程序) by its code, which the releases carry; `provisional` until it is named.

    A merged program counts as `unit`, which is no merged one itself.
    """

    code = models.CharField(max_length=100, primary_key=True)
    zh = models.CharField(max_length=100, default="")
    provisional = models.BooleanField(default=True)
    behaviour = models.TextField(default="")
    harm = models.TextField(default="")
    systems = models.CharField(max_length=100, default="")
    added_at = models.DateTimeField()
    unit = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="aliases")

    def __str__(self) -> str:
        return self.code


class Indicator(models.Model):
    """Hold one 特征值 of a program with the allow-list's decision at intake; see core.allow.

    `key` is where its host stands (core.space), empty for what has none.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="indicators")
    pattern = models.CharField(max_length=2000)
    key = models.BinaryField()
    role = models.CharField(max_length=20)
    counts_as = models.CharField(max_length=10)
    source = models.CharField(max_length=200)
    line = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=10)
    reach = models.CharField(max_length=10)
    reason = models.CharField(max_length=20)
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "pattern", "role"],
                condition=models.Q(withdrawn_at=None),
                name="indicator_once",
            ),
        ]
        indexes = [models.Index(fields=["key"], name="indicator_by_key")]

    def __str__(self) -> str:
        return self.pattern


class Release(models.Model):
    """Hold one signed release as it was published."""

    number = models.BigIntegerField(primary_key=True)
    audience = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    indicators = models.PositiveIntegerField()
    envelope = models.BinaryField()

    def __str__(self) -> str:
        return str(self.number)


class Allowed(models.Model):
    """Hold one entry of an allow-list (core.allow) that the hub keeps, so that orders are held against it, too."""

    list = models.CharField(max_length=200)
    line = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    text = models.CharField(max_length=260)
    key = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["text"], name="allowed_by_text"),
            models.Index(fields=["key"], name="allowed_by_key"),
            models.Index(fields=["list"], name="allowed_by_list"),
        ]

    def __str__(self) -> str:
        return self.text
