"""Remember each blob: what it is, how long it is kept, and the key without which its bytes mean nothing."""

from django.db import models


class Blob(models.Model):
    """Name one encrypted content by its salted digest, which is all that an entry ever holds of it.

    Erasing empties `digest`, `salt` and `wrapped_key`: then neither the bytes nor a guess at them can be confirmed.
    """

    ref = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, null=True)
    size = models.BigIntegerField()
    salt = models.BinaryField(null=True)
    wrapped_key = models.BinaryField(null=True)
    master = models.IntegerField(null=True)
    stored_at = models.DateTimeField()
    keep_until = models.DateTimeField(null=True)
    held = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "digest"], name="blob_once_per_kind")]
        indexes = [
            models.Index(fields=["keep_until"], condition=models.Q(erased_at=None, held=False), name="blob_to_erase")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref[:12]}"
