"""Remember answers by their idempotency key, so that a repeated request is answered and not carried out again."""

from django.db import models


class Answered(models.Model):
    """Hold what a party's request with a key was answered with; status 0 while it is being carried out.

    `entry` is the first ledger entry made meanwhile, written in its transaction: with it, the act is done.
    """

    party = models.CharField(max_length=64)
    key = models.CharField(max_length=400)
    request = models.CharField(max_length=64)
    status = models.PositiveIntegerField()
    body = models.JSONField(null=True)
    entry = models.CharField(max_length=36, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "key"], name="answered_once")]

    def __str__(self) -> str:
        return self.key
