"""Read the ledger as a viewer may see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Min, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from cleannet.core import policy_file
from cleannet.core.policy import DutyRule, Policy
from cleannet.core.refusal import Refusal
from cleannet.hub.ledger.models import Beat, PolicyText, Reminder, Unsealed
from cleannet.hub.ledger.models import Duty as Duty
from cleannet.hub.ledger.models import Entry as Entry
from cleannet.hub.ledger.reminders import RAISED
from cleannet.hub.ledger.viewer import Viewer

# Members of an entry's facts that only its own party, MIIT and CNCERT may see.
OWN_FIGURES = frozenset({"figures", "users_told", "told"})


class NotSeen(Refusal):
    """Say that there is nothing by that name which the viewer may see: `ledger.no_entry` or `ledger.no_duty`."""


@dataclass(frozen=True, slots=True)
class Why:
    """Say why a duty is due: the entry it follows from, the law and its rule as applied, and its end."""

    duty: Duty
    entry: Entry
    law: Policy
    rule: DutyRule | None

    @property
    def article(self) -> str:
        return self.duty.article

    @property
    def limit(self) -> str:
        """Return the limit as the law file writes it, such as 2h or 3wd; "" where only recipients were changed."""
        changes = (change.limit for change in self.law.changes if change.duty == self.duty.rule)
        limit = self.rule.limit if self.rule else next(changes, None)
        return "" if limit is None else str(limit)


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold the members of an entry's record that a viewer may see, and the names of those left out or cut."""

    record: Mapping[str, Any]
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """Say how old the oldest unsealed entry and the slowest lane's last round are, and what waits too long."""

    oldest_unsealed: timedelta | None
    lanes: dict[str, timedelta]
    failures: dict[str, str]
    oldest_reminder: timedelta | None

    @property
    def alarms(self) -> list[str]:
        """Return a sentence for each thing that is not as it should be."""
        found = []
        if self.oldest_unsealed and self.oldest_unsealed > timedelta(seconds=settings.CLEANNET_UNSEALED_SECONDS):
            found.append(f"An entry has been unsealed for {_seconds(self.oldest_unsealed)} s.")
        limit = timedelta(seconds=settings.CLEANNET_TICK_SECONDS)
        if not self.lanes:
            found.append("No lane of tick has come round yet.")
        found += [
            f"The lane {lane} has not come round for {_seconds(age)} s."
            for lane, age in self.lanes.items()
            if age > limit
        ]
        found += [f"The lane {lane} failed: {why}; the log says more." for lane, why in self.failures.items()]
        if self.oldest_reminder and self.oldest_reminder > limit:
            found.append(f"A reminder has been ready for {_seconds(self.oldest_reminder)} s.")
        return found


def entries(viewer: Viewer, *, case: str | None = None, kind: str | None = None) -> QuerySet[Entry]:
    """Return the entries the viewer may see, oldest first; of one case or kind where asked."""
    found = Entry.objects.filter(_entries_seen(viewer))
    if case is not None:
        found = found.filter(case=case)
    if kind is not None:
        found = found.filter(kind=kind)
    return found.order_by("happened_at", "id")


def entry(viewer: Viewer, id: str) -> Entry:
    """Return one entry; raise NotSeen where there is none for this viewer."""
    found = entries(viewer).filter(id=id).first()
    if found is None:
        raise NotSeen("ledger.no_entry", id=id)
    return found


def facts(viewer: Viewer, entry: Entry) -> Mapping[str, Any]:
    """Return what an entry says beside its own columns; figures only to those who may see the party's own."""
    if viewer.sees_figures_of(entry.party):
        return entry.facts
    return {name: value for name, value in entry.facts.items() if name not in OWN_FIGURES}


def note(viewer: Viewer, entry: Entry) -> str:
    """Return a person's note on an entry; "" to whoever is neither its party nor addressed by it."""
    mine = viewer.sees_all or viewer.party in (entry.party, *entry.recipients)
    return entry.text if mine else ""


def record(viewer: Viewer, entry: Entry) -> Shown:
    """Return the record of an entry: whole to its own party, MIIT and CNCERT, to others without what is not theirs.

    They see no figures (nor the salt by which they could be guessed), no person, a note only where it is addressed to
    them, and of the duties those they may see.
    """
    whole = entry.record
    if viewer.sees_figures_of(entry.party):
        return Shown(whole, ())
    keys = {*(row["key"] for row in whole["arises"]), *whole["meets"], *whole["voids"]}
    seen = set(duties(viewer).filter(key__in=keys).values_list("key", flat=True))
    cut = {
        "facts": dict(facts(viewer, entry)),
        "text": note(viewer, entry),
        "person": "",
        "salt": "",
        "arises": [row for row in whole["arises"] if row["key"] in seen],
        "meets": [key for key in whole["meets"] if key in seen],
        "voids": [key for key in whole["voids"] if key in seen],
    }
    return Shown({**whole, **cut}, tuple(name for name, value in cut.items() if value != whole[name]))


def duties(viewer: Viewer, *, case: str | None = None) -> QuerySet[Duty]:
    """Return the duties the viewer may see, met and open, by their start."""
    found = Duty.objects.filter(_duties_seen(viewer)).select_related("opened_by", "met_by", "void_by")
    if case is not None:
        found = found.filter(case=case)
    return found.order_by("start", "key")


def open_duties(viewer: Viewer, *, case: str | None = None) -> QuerySet[Duty]:
    """Return the duties that wait for their entry, the soonest due first, those without a limit last."""
    return (
        duties(viewer, case=case)
        .filter(met_by=None, void_by=None)
        .order_by(F("due").asc(nulls_last=True), "start", "key")
    )


def complained_of(case: str) -> bool:
    """Say whether a complaint on a case waits to be settled; shows no content, so it asks for no viewer."""
    return Duty.objects.filter(case=case, expects="complaint.settled", met_by=None, void_by=None).exists()


def own_duties(viewer: Viewer) -> QuerySet[Duty]:
    """Return the open duties of the viewer's own party, the soonest due first: the desk."""
    return open_duties(viewer).filter(owes=viewer.party)


def duty(viewer: Viewer, key: str) -> Duty:
    """Return one duty; raise NotSeen where there is none for this viewer."""
    found = duties(viewer).filter(key=key).first()
    if found is None:
        raise NotSeen("ledger.no_duty", key=key)
    return found


def why(viewer: Viewer, key: str) -> Why:
    """Return entry, law, rule and limit behind a duty, from the law's text as it was applied; raise NotSeen."""
    found = duty(viewer, key)
    kept = PolicyText.objects.get(digest=found.digest)
    law = policy_file.parse(kept.text, f"{kept.policy}.toml")
    rule = next((rule for rule in law.duties if rule.id == found.rule), None)
    return Why(found, found.opened_by, law, rule)


def reminders(viewer: Viewer) -> QuerySet[Reminder]:
    """Return the raised reminders of duties that the viewer may see and that are still open, newest first."""
    seen = open_duties(viewer).order_by().values("key")
    return Reminder.objects.filter(outcome=RAISED, duty__in=seen).select_related("duty").order_by("-done_at", "key")


def health(*, now: datetime) -> Health:
    """Return how the ledger and its lanes are at `now`; shows no content, so it asks for no viewer."""
    unsealed = Unsealed.objects.aggregate(oldest=Min("entry__entered_at"))["oldest"]
    reminder = Reminder.objects.filter(done_at=None, ready_at__lte=now).aggregate(oldest=Min("ready_at"))["oldest"]
    beats = list(Beat.objects.order_by("lane"))
    return Health(
        oldest_unsealed=None if unsealed is None else now - unsealed,
        lanes={beat.lane: now - beat.at for beat in beats},
        failures={beat.lane: beat.failure for beat in beats if beat.failure},
        oldest_reminder=None if reminder is None else now - reminder,
    )


def naming(column: str, party: str) -> Q:
    """Find a party code in a text of `ledger_record.addressed`; LIKE would ignore case on SQLite."""
    return Q(GreaterThan(StrIndex(column, Value(f"|{party}|")), 0))


def _entries_seen(viewer: Viewer) -> Q:
    if viewer.sees_all:
        return Q()
    seen = Q(party=viewer.party) | naming("addressed", viewer.party)
    if viewer.role == "bureau" and viewer.province:
        seen |= Q(province=viewer.province)
    return seen


def _duties_seen(viewer: Viewer) -> Q:
    if viewer.sees_all:
        return Q()
    seen = naming("concerned", viewer.party)
    if viewer.role == "bureau" and viewer.province:
        seen |= Q(province=viewer.province)
    return seen


def _seconds(age: timedelta) -> int:
    return int(age.total_seconds())
