"""信息报送情况通报: the regular circular of 十九 on a month, which MIIT issues to all units as an entry.

It counts the leads upheld in that month per party and kind, and tells no figures: those are each party's own. The law
has no form for it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from cleannet.core.refusal import Refusal
from cleannet.core.terms import BREACHES
from cleannet.formats import sheet
from cleannet.hub.incidents import leads
from cleannet.hub.incidents.inquiries import LeadRefused
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.queries import Duty, Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties

_KIND = "circular.issued"


class NoCircular(Refusal):
    """Say that no circular on a month reached this viewer: `circular.unknown`."""


@dataclass(frozen=True, slots=True)
class Row:
    """Hold how many leads on a party were upheld, by the kinds of terms.BREACHES in their order."""

    party: str
    upheld: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Circular:
    """Hold the circular on a month: as issued, or where `entry` is none as it would be now; `owed` by who asks."""

    month: str
    rows: tuple[Row, ...]
    entry: Entry | None
    said: str
    owed: bool = False


def circular(viewer: Viewer, month: str) -> Circular:
    """Return the circular on a month (YYYY-MM), a draft of it to MIIT and CNCERT before it is issued.

    Raises IncidentRefused for what is no month, NoCircular where none reached the viewer.
    """
    span = leads.month_span(month)
    found = next((row for row in circulars(viewer) if row.refs.get("month") == month), None)
    if found is not None:
        rows = ledger_queries.facts(viewer, found).get("rows", [])
        told = tuple(Row(row["party"], tuple(row[kind] for kind in BREACHES)) for row in rows)
        return Circular(month, told, found, ledger_queries.note(viewer, found))
    if not viewer.sees_all:
        raise NoCircular("circular.unknown", month=month)
    return Circular(month, tuple(_rows(viewer, *span)), None, "", _owed(viewer, month).exists())


def circulars(viewer: Viewer) -> QuerySet[Entry]:
    """Return the circulars that reached the viewer, the newest first."""
    return ledger_queries.entries(viewer, kind=_KIND).order_by("-happened_at", "-id")


def issue(*, viewer: Viewer, month: str, said: str, now: datetime) -> Entry:
    """Issue the circular on a month to all units, with what is said beside the table. Raises LeadRefused."""
    span = leads.month_span(month)
    if not said.strip():
        raise LeadRefused("circular.words_missing", month=month)
    with transaction.atomic():
        # Locked, so that two persons never issue it twice.
        owed = _owed(viewer, month).select_for_update(of=("self",)).first()
        if owed is None:
            raise LeadRefused("circular.not_owed", month=month)
        rows = [{"party": row.party, **dict(zip(BREACHES, row.upheld, strict=True))} for row in _rows(viewer, *span)]
        return ledger.enter(
            kind=_KIND,
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs=owed.scope,
            recipients=sorted({*owed.to, *owed.cc} - {viewer.party}),
            text=said.strip(),
            facts={"rows": rows},
            **parties.standing(now=now),
        )


def as_sheet(found: Circular) -> bytes:
    """Return the table of a circular as a spreadsheet (.xlsx), in Chinese."""
    names = parties.names([row.party for row in found.rows])
    table = [(names[row.party].zh if row.party in names else row.party, *map(str, row.upheld)) for row in found.rows]
    headings = ("单位", *(kind.zh for kind in BREACHES.values()))
    return sheet.write(f"信息报送情况 {found.month}", headings, table, (40, *(14 for _ in BREACHES)))


def _owed(viewer: Viewer, month: str) -> QuerySet[Duty]:
    return ledger_queries.own_duties(viewer).filter(expects=_KIND, scope__month=month)


def _rows(viewer: Viewer, began: datetime, ended: datetime) -> Sequence[Row]:
    upheld = leads.inquiries(viewer).filter(status=leads.UPHELD, decided_at__gte=began, decided_at__lt=ended)
    counted = Counter(upheld.values_list("party", "kind"))
    return [
        Row(party, tuple(counted[party, kind] for kind in BREACHES)) for party in sorted({one for one, _ in counted})
    ]
