"""Remember answers by their idempotency key, so that a repeated request is answered and not carried out again."""

from django.db import models


class Answered(models.Model):
    """Hold what a party's request with a key was answered with."""

    party = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    request = models.CharField(max_length=64)
    status = models.PositiveIntegerField()
    body = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "key"], name="answered_once")]

    def __str__(self) -> str:
        return self.key
