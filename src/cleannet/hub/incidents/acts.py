"""Record what is done outside the hub's own steps, so that whatever the law asks for can be begun and met.

A complaint, a suspected partner or crime, a consultation, a changed mechanism begin here; whatever a duty asks for that
no step of its own makes is recorded here too, in words, to everybody it is owed.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType

from django.db import transaction

from cleannet.core.clock import BEIJING
from cleannet.core.terms import ENTRY_KINDS, Grade
from cleannet.hub.incidents import queries
from cleannet.hub.incidents.grading import IncidentRefused, locked, standing
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.queries import Duty, Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.parties import queries as parties

# Kinds that begin something, with what of `core.entry.SCOPES` each entry is a new one of; "" where it is about a case.
BEGINNINGS: Mapping[str, str] = MappingProxyType(
    {
        "complaint.received": "complaint",
        "partner.suspected": "partner",
        "crime.suspected": "crime",
        "mechanism.changed": "change",
        "consultation.called": "",
    }
)
CASELESS = frozenset({"mechanism.changed"})
ENDINGS = frozenset(
    "complaint.settled partner.handled partner.punished crime.referred mechanism.filed consultation.concluded "
    "month.summarised".split()
)


def beginnings(viewer: Viewer) -> list[str]:
    """Return the kinds the viewer's role may begin with."""
    return [kind for kind in BEGINNINGS if viewer.role in ENTRY_KINDS[kind].by]


def begin(*, viewer: Viewer, kind: str, said: str, happened_at: datetime, now: datetime, case: str = "") -> Entry:
    """Record that something began, which opens what the law asks for; `said` tells what it is. Raises IncidentRefused.

    A consultation is on a case; a complaint, a suspicion or a crime may be; a change of the own mechanism is on none.
    """
    if kind not in beginnings(viewer):
        raise IncidentRefused("incident.cannot_begin", kind=kind, role=viewer.role)
    if not said.strip():
        raise IncidentRefused("incident.words_missing", kind=kind)
    scope = BEGINNINGS[kind]
    if not scope and not case:
        raise IncidentRefused("incident.case_missing", kind=kind)
    if case and kind in CASELESS:
        raise IncidentRefused("incident.no_case_wanted", kind=kind)
    # A complaint or a suspicion may come up when the case is over; a consultation is about one that is not.
    look_up = queries.case if scope else queries.open_case
    found = look_up(viewer, case) if case else None
    with transaction.atomic():
        if found and found.status == "open":
            locked(found.number)
        refs = {"case": case} if case else {}
        if scope:
            year = now.astimezone(BEIJING).year
            refs[scope] = f"{viewer.party}-{scope}-{year}-{papers.next_number(f'{scope}:{viewer.party}:{year}')}"
        context = (
            standing(found, now, of=viewer.party, started=happened_at)
            if found
            else parties.standing(now=now, started=happened_at, provinces=_own_province(viewer))
        )
        return ledger.enter(
            kind=kind,
            actor=parties.actor_of(viewer),
            happened_at=happened_at,
            now=now,
            found_at=happened_at,
            received_at=happened_at,
            refs=refs,
            province=viewer.province,
            text=said.strip(),
            **context,
        )


def may_fulfil(viewer: Viewer, duty: Duty) -> bool:
    """Say whether the viewer's party owes a duty that is met by a record in words."""
    return duty.open and duty.owes == viewer.party and duty.expects in ENDINGS


def fulfil(
    *,
    viewer: Viewer,
    duty: str,
    said: str,
    happened_at: datetime,
    now: datetime,
    also: Collection[str] = (),
) -> Entry:
    """Record in words that what a duty asks for was done, to all it is owed and `also` to others. Raises
    IncidentRefused.
    """
    owed = ledger_queries.duty(viewer, duty)
    if not may_fulfil(viewer, owed):
        raise IncidentRefused("incident.not_to_be_recorded", kind=owed.expects)
    if not said.strip():
        raise IncidentRefused("incident.words_missing", kind=owed.expects)
    unknown = sorted(set(also) - parties.names(also).keys())
    if unknown:
        raise IncidentRefused("incident.unknown_party", parties=unknown)
    if happened_at < owed.start:
        raise IncidentRefused("incident.before_the_duty", start=owed.start, happened_at=happened_at)
    found = queries.case(viewer, owed.case) if owed.case else None
    with transaction.atomic():
        if found and found.status == "open":
            locked(found.number)
        context = (
            standing(found, now, of=viewer.party)
            if found
            else parties.standing(now=now, provinces=_own_province(viewer))
        )
        return ledger.enter(
            kind=owed.expects,
            actor=parties.actor_of(viewer),
            happened_at=happened_at,
            now=now,
            refs=owed.scope,
            grades={owed.policy: Grade(owed.grade)} if owed.grade else {},
            recipients=sorted({*owed.to, *owed.cc, *also} - {viewer.party}),
            province=viewer.province,
            form=owed.form,
            text=said.strip(),
            **context,
        )


def _own_province(viewer: Viewer) -> Collection[str]:
    return [viewer.province] if viewer.province else []
