"""接到: when a notice or a feedback was received, which starts a clock, and who confirms what was told by phone."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.core.terms import Grade
from cleannet.hub.incidents import queries
from cleannet.hub.incidents.first import MEDIA
from cleannet.hub.incidents.grading import IncidentRefused, locked, seat_of, standing
from cleannet.hub.incidents.models import Case, Notice
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.queries import Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties

CONFIRMED = frozenset({"incident.reported", "notice.issued", "disposal.fed_back", "disposal.verified"})


def notice_received(
    notice: Notice, party: str, role: str, *, medium: str, received_at: datetime, now: datetime
) -> None:
    """Enter that a party received a notice; the earliest receipt starts its clock, a later one changes nothing."""
    known = [row.received_at for row in _receipts(notice.case_id, notice.number) if row.party == party]
    if any(at is not None and at <= received_at for at in known):
        return
    ledger.enter(
        kind="notice.received",
        actor=Actor(party, role),
        happened_at=received_at,
        now=now,
        received_at=received_at,
        refs={"case": notice.case_id, "notice": notice.number},
        grades={notice.policy: Grade(notice.grade)},
        medium=medium,
        province=seat_of(party),
        key=f"received:{notice.number}:{party}:{len(known)}",
        **standing(notice.case, now, of=party, started=received_at, disposer=party),
    )


def feedback_received(
    case: Case,
    *,
    disposer: str,
    refs: Mapping[str, str],
    grades: Mapping[str, Grade],
    received_at: datetime,
    now: datetime,
) -> None:
    """Enter that CNCERT received a party's feedback, which starts its own clock (十一(五))."""
    seat = seat_of(disposer)
    context = standing(case, now, started=received_at, disposer=disposer, seats=[seat] if seat else [])
    for code in context["participants"].of("cncert"):
        ledger.enter(
            kind="feedback.received",
            actor=Actor(code, "cncert"),
            happened_at=received_at,
            now=now,
            received_at=received_at,
            refs={name: refs[name] for name in ("case", "notice", "feedback")},
            grades=grades,
            province=seat,
            key=f"received:{refs['feedback']}:{code}",
            **context,
        )


def record(*, viewer: Viewer, notice: str, party: str, medium: str, received_at: datetime, now: datetime) -> None:
    """Record by hand, as the issuer, that a remote party received a notice; that moment starts its clock."""
    found = queries.notice(viewer, notice)
    addressee = parties.names([party]).get(party)
    if party not in found.addressees or found.issuer != viewer.party or addressee is None or not addressee.remote:
        raise IncidentRefused("incident.not_addressed", notice=notice, party=party)
    queries.open_case(viewer, found.case_id)
    if received_at < found.issued_at:
        raise IncidentRefused("incident.before_the_notice", notice=notice, received_at=received_at)
    if any(row.party == party for row in _receipts(found.case_id, notice)):
        raise IncidentRefused("incident.received_already", notice=notice, party=party)
    with transaction.atomic():
        locked(found.case_id)
        notice_received(found, party, addressee.role, medium=medium, received_at=received_at, now=now)
        for claimed in _claims(found.case_id):
            if claimed.refs.get("notice") == notice and claimed.kind == "notice.issued":
                _complete(claimed, found.case, now)


def received_at(notice: Notice, party: str) -> datetime | None:
    """Return when a party received a notice, as far as it is entered: the earliest counts."""
    known = [row.received_at for row in _receipts(notice.case_id, notice.number) if row.party == party]
    return min((at for at in known if at is not None), default=None)


def confirm(*, viewer: Viewer, entry: str, now: datetime, party: str = "") -> bool:
    """Confirm, as one of its recipients, what was told by phone or mail; return whether all have confirmed now.

    For a recipient without a system (`party`), MIIT or CNCERT records it, if it was not they who told. A notice or
    feedback was received when it was told. With the last confirmation the act is entered as made then.
    """
    claimed = ledger_queries.entry(viewer, entry)
    if claimed.kind not in CONFIRMED or claimed.medium not in MEDIA or claimed.confirmed_by:
        raise IncidentRefused("incident.not_a_first_report", entry=entry)
    who = _speaking(viewer, claimed, party)
    found = queries.open_case(viewer, claimed.refs["case"])
    with transaction.atomic():
        locked(found.number)
        ledger.enter(
            kind="first.confirmed",
            actor=Actor(who.party, who.role, viewer.person),
            happened_at=now,
            now=now,
            refs={"case": found.number, "first": entry},
            recipients=(claimed.party,),
            key=f"confirmed:{entry}:{who.party}",
            **standing(found, now),
        )
        _received(claimed, who, now)
        return _complete(claimed, found, now)


def awaiting(viewer: Viewer, case: str) -> list[Entry]:
    """Return what the viewer was told by phone or mail on a case and has not confirmed yet."""
    entries = list(ledger_queries.entries(viewer, case=case))
    done = {row.refs.get("first") for row in entries if row.kind == "first.confirmed" and row.party == viewer.party}
    return [row for row in entries if _claims_something(row) and viewer.party in row.recipients and row.id not in done]


def awaiting_remote(viewer: Viewer, case: str) -> list[tuple[Entry, str]]:
    """Return what parties without a system were told by phone or mail, for whom the viewer may record that."""
    rows = list(ledger_queries.entries(viewer, case=case)) if viewer.sees_all else []
    done = {(row.refs.get("first"), row.party) for row in rows if row.kind == "first.confirmed"}
    claims = [row for row in rows if _claims_something(row) and row.party != viewer.party]
    names = parties.names({code for row in claims for code in row.recipients})
    far = {code for code, party in names.items() if party.remote}
    return [(row, code) for row in claims for code in row.recipients if code in far and (row.id, code) not in done]


def _speaking(viewer: Viewer, claimed: Entry, party: str) -> Viewer:
    """Return as whom the viewer confirms; raise IncidentRefused where it may not."""
    if not party and viewer.party in claimed.recipients:
        return viewer
    far = parties.names([party]).get(party)
    by_hand = viewer.sees_all and viewer.party != claimed.party and far is not None and far.remote
    if not by_hand or far is None or party not in claimed.recipients:
        raise IncidentRefused("incident.not_told", entry=claimed.id, party=party or viewer.party)
    return Viewer(far.code, far.role, far.province)


def _received(claimed: Entry, viewer: Viewer, now: datetime) -> None:
    if claimed.kind == "notice.issued":
        notice = queries.notice(_everyone(), claimed.refs["notice"])
        if viewer.party in notice.addressees:
            at = claimed.happened_at
            notice_received(notice, viewer.party, viewer.role, medium=claimed.medium, received_at=at, now=now)
    if claimed.kind == "disposal.fed_back" and viewer.role == "cncert":
        case = queries.case(viewer, claimed.refs["case"])
        at = claimed.happened_at
        feedback_received(
            case, disposer=claimed.party, refs=claimed.refs, grades=claimed.grades, received_at=at, now=now
        )


def _complete(claimed: Entry, case: Case, now: datetime) -> bool:
    """Enter the act as made when it was told, once everybody it reached has confirmed it; return whether that is so."""
    rows = ledger_queries.entries(_everyone(), case=case.number, kind="first.confirmed")
    confirmed = {row.party for row in rows if row.refs.get("first") == claimed.id}
    if claimed.kind == "notice.issued":
        confirmed |= {row.party for row in _receipts(case.number, claimed.refs["notice"])}
    if not set(claimed.recipients) <= confirmed:
        return False
    ledger.enter(
        kind=claimed.kind,
        actor=Actor(claimed.party, claimed.role, claimed.person),
        happened_at=claimed.happened_at,
        now=now,
        refs={**claimed.refs, "first": claimed.id},
        grades=claimed.grades,
        recipients=claimed.recipients,
        medium=claimed.medium,
        urgent=True,
        confirmed_by=claimed.recipients,
        on_behalf_of=claimed.on_behalf_of,
        text=claimed.text,
        province=claimed.province,
        facts=claimed.facts,
        key=f"first:{claimed.id}",
        **standing(case, now, of=claimed.party, started=claimed.happened_at, relevant=claimed.recipients),
    )
    return True


def _claims(case: str) -> list[Entry]:
    return [row for row in ledger_queries.entries(_everyone(), case=case) if _claims_something(row)]


def _claims_something(row: Entry) -> bool:
    return row.kind in CONFIRMED and row.medium in MEDIA and not row.confirmed_by


def _receipts(case: str, notice: str) -> list[Entry]:
    rows = ledger_queries.entries(_everyone(), case=case, kind="notice.received")
    return [row for row in rows if row.refs.get("notice") == notice]


def _everyone() -> Viewer:
    return Viewer(settings.CLEANNET_PARTY, "cncert")
