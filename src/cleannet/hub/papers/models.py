"""Remember every paper that was issued: which form, under which text of the law, and its bytes as they went out."""

from django.db import models


class Paper(models.Model):
    """Hold one issued 文书. A later version of the same paper is a row of its own; none is ever changed, but its bytes
    are erased when their time is over: then `erased_at` says when.

    `number` is made of that of its case or notice and a party's code.

    `concerned` is its party and recipients as one text, as formats.ledger_record.addressed writes them.

    `pdf`, `docx` and `content` are references of hub.blobs; `made_with` holds the digests of template, font and
    typst.
    """

    number = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    form = models.CharField(max_length=32)
    policy = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    case = models.CharField(max_length=64)
    party = models.CharField(max_length=64)
    recipients = models.JSONField()
    concerned = models.TextField()
    issued_at = models.DateTimeField()
    missing = models.JSONField()
    content = models.CharField(max_length=64)
    pdf = models.CharField(max_length=64)
    docx = models.CharField(max_length=64)
    made_with = models.JSONField()
    entry = models.CharField(max_length=36)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "version"], name="paper_version_once")]
        indexes = [models.Index(fields=["case", "issued_at"], name="paper_of_case")]

    def __str__(self) -> str:
        return f"{self.number}.{self.version}"

    @property
    def blobs(self) -> tuple[str, ...]:
        """Return the references of all its bytes."""
        return (self.content, self.pdf, self.docx)


class Counter(models.Model):
    """Number things without a gap by kind and year."""

    name = models.CharField(max_length=200, primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name
