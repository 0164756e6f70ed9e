"""Store entries, their seals, the signed heads, the duties that follow, and the law's text as it was applied."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import F, Q

from cleannet.core.replay import state
from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.ledger.work import Work


class Entry(models.Model):
    """Hold one act exactly as it was entered; `body` is the record, every other column follows from it.

    A row satisfies core.entry.EntryFacts as it is.
    """

    id = models.CharField(max_length=36, primary_key=True)
    kind = models.CharField(max_length=40)
    role = models.CharField(max_length=20)
    party = models.CharField(max_length=64)
    case = models.CharField(max_length=64)
    province = models.CharField(max_length=16)
    addressed = models.TextField()
    happened_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    key = models.CharField(max_length=200, null=True, unique=True)
    digest = models.CharField(max_length=64)
    body = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["case", "happened_at"], name="entry_of_case"),
            models.Index(fields=["kind", "happened_at"], name="entry_of_kind"),
            models.Index(fields=["party", "happened_at"], name="entry_of_party"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """Return all members of the body; see formats.ledger_record."""
        return ledger_record.parse(bytes(self.body))

    @property
    def refs(self) -> Mapping[str, str]:
        return dict(self.record["refs"])

    @property
    def grades(self) -> Mapping[str, Grade]:
        return {law: Grade(grade) for law, grade in self.record["grades"].items()}

    @property
    def found_at(self) -> datetime | None:
        return self._moment("found_at")

    @property
    def received_at(self) -> datetime | None:
        return self._moment("received_at")

    @property
    def changed_at(self) -> datetime | None:
        return self._moment("changed_at")

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(self.record["recipients"])

    @property
    def medium(self) -> str:
        return str(self.record["medium"])

    @property
    def confirmed_by(self) -> tuple[str, ...]:
        return tuple(self.record["confirmed_by"])

    @property
    def urgent(self) -> bool:
        return bool(self.record["urgent"])

    @property
    def on_behalf_of(self) -> str:
        return str(self.record["on_behalf_of"])

    @property
    def form(self) -> str:
        return str(self.record["form"])

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the fields of the form that went out empty."""
        return tuple(self.facts.get("missing", ()))

    @property
    def person(self) -> str:
        return str(self.record["person"])

    @property
    def text(self) -> str:
        return str(self.record["text"])

    @property
    def facts(self) -> Mapping[str, Any]:
        return dict(self.record["facts"])

    @property
    def blobs(self) -> tuple[str, ...]:
        return tuple(self.record["blobs"])

    @property
    def claimed(self) -> tuple[str, ...]:
        """Return the names of the moments that were back-dated: on time by claim only."""
        return tuple(self.record["claimed"])

    def _moment(self, name: str) -> datetime | None:
        text = self.record[name]
        return None if text is None else ledger_record.moment(text)


class Unsealed(models.Model):
    """List an entry that waits for its seal."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="+")


class Seal(models.Model):
    """Number one committed entry as a leaf of the tree."""

    number = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="seal")
    leaf = models.BinaryField()


class Head(models.Model):
    """Hold the signed root over the first `size` entries; the rest follows from `envelope`."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    peaks = models.BinaryField()
    at = models.DateTimeField()
    envelope = models.BinaryField()


class PolicyText(models.Model):
    """Keep every text of a law that was ever applied, by its SHA-256."""

    digest = models.CharField(max_length=64, primary_key=True)
    policy = models.CharField(max_length=64)
    text = models.TextField()


class Duty(models.Model):
    """Hold one 时限事项: an entry that has not been made yet, until one meets it or ends it. See core.duty.Duty.

    Late or lapsed is never stored: it is `due` against the clock, or against the entry that met it.
    """

    key = models.CharField(max_length=300, primary_key=True)
    policy = models.CharField(max_length=64)
    law = models.ForeignKey(PolicyText, on_delete=models.PROTECT, db_column="digest", related_name="+")
    rule = models.CharField(max_length=64)
    article = models.CharField(max_length=64)
    owes = models.CharField(max_length=64)
    role = models.CharField(max_length=32)
    expects = models.CharField(max_length=40)
    start = models.DateTimeField()
    due = models.DateTimeField(null=True)
    to = models.JSONField()
    cc = models.JSONField()
    unrouted = models.JSONField()
    form = models.CharField(max_length=64)
    grade = models.CharField(max_length=4)
    scope = models.JSONField()
    delegate = models.CharField(max_length=32)
    first_notice = models.JSONField()
    through = models.JSONField()
    provisional = models.BooleanField()
    unverified = models.BooleanField()

    case = models.CharField(max_length=64)
    province = models.CharField(max_length=16)
    concerned = models.TextField()
    opened_by = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="opened")
    met_by = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, related_name="met")
    void_by = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, related_name="voided")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(met_by=None) | Q(void_by=None), name="duty_ends_once"),
        ]
        indexes = [
            models.Index(fields=["due"], condition=Q(met_by=None, void_by=None), name="duty_open"),
            models.Index(
                fields=["expects", "owes"], condition=Q(met_by=None, void_by=None), name="duty_open_expecting"
            ),
            models.Index(fields=["case", "start"], name="duty_of_case"),
            models.Index(F("owes"), F("start"), name="duty_of_party"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def digest(self) -> str:
        return self.law_id

    @property
    def open(self) -> bool:
        return self.met_by_id is None and self.void_by_id is None

    def state_at(self, at: datetime) -> str:
        """Return how the duty stands at an aware moment, as core.replay.state says."""
        met = self.met_by.happened_at if self.met_by else None
        void = self.void_by.happened_at if self.void_by else None
        return state(self.due, met, void, at)

    @property
    def by_claim(self) -> bool:
        """Return whether it was met in time by the word of who acted alone: back-dated, and confirmed by nobody."""
        end = self.met_by
        return end is not None and self.due is not None and "happened_at" in end.claimed and not end.confirmed_by


class Reminder(Work):
    """Hold one reminder of a duty: `before` its end and at it (`due`); raised only if the duty is still open then."""

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="reminders")
    level = models.CharField(max_length=8)
    outcome = models.CharField(max_length=8, default="")

    class Meta(Work.Meta):
        abstract = False


class Beat(models.Model):
    """Remember when a lane of tick last came round, or was first waited for, and the kind of error it failed by."""

    lane = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()
    failure = models.TextField(default="")
