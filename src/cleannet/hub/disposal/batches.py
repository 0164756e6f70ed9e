"""Two persons: orders are put together by one, looked at and issued by another, a whole batch at once.

With nobody else on duty one may issue alone, for a stated reason; the house rule (policies/two_persons.toml) then makes
the second person's confirmation a duty with its own limit.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from cleannet.core.refusal import Refusal
from cleannet.formats import ledger_record
from cleannet.formats.moments import read_moment, write_moment
from cleannet.hub.disposal import actions
from cleannet.hub.disposal.actions import Exemption, Wanted
from cleannet.hub.disposal.models import Batch as Batch
from cleannet.hub.disposal.models import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import notices
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.grading import standing
from cleannet.hub.incidents.queries import Case, Notice
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs

WAITING, ISSUED, ALONE, DECLINED = "waiting", "issued", "alone", "declined"
OPEN = (WAITING, ALONE)


class NoBatch(Refusal):
    """Say that there is no such batch for this viewer: `order.no_batch`."""


def draft(
    *,
    viewer: Viewer,
    case: str,
    wanted: Collection[Wanted],
    now: datetime,
    changes: Mapping[str, str] | None = None,
    until: datetime | None = None,
    exempt: Collection[Exemption] = (),
) -> Batch:
    """Put orders together on a case, for another person to issue; everything is checked as when they are issued.

    Raises OrderRefused, also for a program: it is nobody.
    """
    found = cases.open_case(viewer, case)
    actions.check(viewer, found, wanted, now, until, exempt)
    notices.Draft(viewer=viewer, case=case, addressees={one.party for one in wanted}, now=now, changes=changes or {})
    return _kept(viewer, found, wanted, now, changes=changes or {}, until=until, exempt=exempt)


def draft_again(*, viewer: Viewer, case: str, now: datetime) -> Batch:
    """Put the orders together that failed verification or were not carried out. Raises OrderRefused."""
    found = cases.open_case(viewer, case)
    return _kept(viewer, found, actions.wanted_again(actions.failed_orders(viewer, case)), now, again=True)


def confirm(*, viewer: Viewer, batch: str, now: datetime, first: First | None = None) -> list[Order]:
    """Issue a batch that another person put together; raise OrderRefused."""
    found = own(viewer, batch)
    _second(viewer, found)
    return _issue(viewer, found, ISSUED, "order.confirmed", now, first)


def issue_alone(*, viewer: Viewer, batch: str, reason: str, now: datetime, first: First | None = None) -> list[Order]:
    """Issue a batch of one's own at once because nobody else is on duty; another has to confirm it afterwards.

    Raises OrderRefused, also where no adopted rule makes that confirmation a duty.
    """
    found = own(viewer, batch)
    _a_person(viewer)
    if not reason.strip():
        raise OrderRefused("order.alone_without_reason", batch=batch)
    return _issue(viewer, found, ALONE, "order.issued_alone", now, first, reason.strip())


def countersign(*, viewer: Viewer, batch: str, now: datetime, remark: str = "") -> None:
    """Confirm, as another person, what was issued alone; who does not agree withdraws the orders and says so here.

    Raises OrderRefused.
    """
    found = own(viewer, batch)
    _second(viewer, found)
    with transaction.atomic():
        _take(found, ALONE, ISSUED, viewer, now)
        notice = cases.notice(viewer, found.notice)
        _enter("order.confirmed", viewer, found, notice.case, now, text=remark.strip())


def decline(*, viewer: Viewer, batch: str, reason: str, now: datetime) -> None:
    """Give a batch back that is not to be issued, one's own too; raise OrderRefused."""
    found = own(viewer, batch)
    _a_person(viewer)
    if not reason.strip():
        raise OrderRefused("order.declined_without_reason", batch=batch)
    with transaction.atomic():
        _take(found, WAITING, DECLINED, viewer, now, reason=reason.strip())
        _enter("order.declined", viewer, found, cases.case(viewer, found.case), now, text=reason.strip())


def batches(viewer: Viewer, *, case: str | None = None) -> list[Batch]:
    """Return the batches the viewer's party put together, the newest first: all of a case, or all that are open."""
    found = Batch.objects.filter(party=viewer.party).order_by("-drafted_at", "-number")
    return list(found.filter(status__in=OPEN) if case is None else found.filter(case=case))


def own(viewer: Viewer, number: str) -> Batch:
    """Return a batch of the viewer's own party; raise NoBatch."""
    found = Batch.objects.filter(number=number, party=viewer.party).first()
    if found is None:
        raise NoBatch("order.no_batch", batch=number)
    return found


def of_notice(viewer: Viewer, notice: str) -> Batch:
    """Return the batch that a notice issued; raise NoBatch."""
    found = Batch.objects.filter(notice=notice, party=viewer.party).first()
    if found is None:
        raise NoBatch("order.no_batch", batch=notice)
    return found


def reaches(viewer: Viewer, batch: Batch) -> dict[str, str]:
    """Return how far the order on each target of a batch reaches."""
    found = cases.case(viewer, batch.case)
    known = {one.target: one.reach for one in programs.resources(viewer, found.program)}
    return known | {one.target: actions.reach_of(one.target) for one in exempt(batch)}


def wanted(batch: Batch) -> list[Wanted]:
    """Return the orders of a batch."""
    return [Wanted(*one) for one in batch.wanted]


def exempt(batch: Batch) -> list[Exemption]:
    """Return what is exempt in a batch."""
    return [Exemption(one["target"], one["reason"], read_moment(one["until"])) for one in batch.exempt]


def _kept(
    viewer: Viewer,
    case: Case,
    wanted: Collection[Wanted],
    now: datetime,
    *,
    again: bool = False,
    changes: Mapping[str, str] | None = None,
    until: datetime | None = None,
    exempt: Collection[Exemption] = (),
) -> Batch:
    _a_person(viewer)
    ordered = sorted(set(wanted), key=lambda one: (one.party, one.target))
    with transaction.atomic():
        made = Batch.objects.create(
            number=f"{case.number}-B{papers.next_number(f'batch:{case.number}')}",
            case=case.number,
            party=viewer.party,
            wanted=[[one.party, one.kind, one.target] for one in ordered],
            again=again,
            changes=dict(changes or {}),
            exempt=[
                {"target": one.target, "reason": one.reason.strip(), "until": write_moment(one.until)} for one in exempt
            ],
            until=until,
            drafted_by=viewer.person,
            drafted_at=now,
        )
        facts = {"wanted": made.wanted, "exempt": made.exempt, "until": ledger_record.stamp(until) if until else None}
        _enter("order.drafted", viewer, made, case, now, facts=facts)
    return made


def _issue(
    viewer: Viewer, batch: Batch, after: str, kind: str, now: datetime, first: First | None, reason: str = ""
) -> list[Order]:
    def decided(notice: Notice) -> None:
        _take(batch, WAITING, after, viewer, now, notice=notice.number, reason=reason)
        batch.notice = notice.number
        _enter(kind, viewer, batch, notice.case, now, text=reason)
        if after == ALONE and not _owed(viewer, notice):
            raise OrderRefused("order.alone_without_rule", batch=batch.number)

    if not batch.again:
        return actions.issue(
            viewer=viewer,
            case=batch.case,
            wanted=wanted(batch),
            now=now,
            changes=batch.changes,
            first=first,
            until=batch.until,
            exempt=exempt(batch),
            within=decided,
        )
    if wanted(batch) != actions.wanted_again(actions.failed_orders(viewer, batch.case)):
        raise OrderRefused("order.batch_outdated", batch=batch.number)
    return actions.issue_again(viewer=viewer, case=batch.case, now=now, within=decided)


def _owed(viewer: Viewer, notice: Notice) -> bool:
    """Say whether the confirmation of a notice's orders is a duty of the viewer's party."""
    owed = ledger_queries.own_duties(viewer).filter(case=notice.case_id, expects="order.confirmed")
    return any(duty.scope.get("notice") == notice.number for duty in owed)


def _second(viewer: Viewer, batch: Batch) -> None:
    _a_person(viewer)
    if viewer.person == batch.drafted_by:
        raise OrderRefused("order.second_person", batch=batch.number)


def _a_person(viewer: Viewer) -> None:
    if not viewer.person:
        raise OrderRefused("order.no_person", party=viewer.party)


def _take(batch: Batch, before: str, after: str, viewer: Viewer, now: datetime, **columns: str) -> None:
    """Take a step as a compare-and-swap; what one person issued alone keeps who that was in its entry."""
    here = Batch.objects.filter(pk=batch.number, status=before)
    if here.update(status=after, decided_by=viewer.person, decided_at=now, **columns) != 1:
        status = Batch.objects.values_list("status", flat=True).get(pk=batch.number)
        raise OrderRefused("order.batch_decided", batch=batch.number, status=status)


def _enter(
    kind: str,
    viewer: Viewer,
    batch: Batch,
    case: Case,
    now: datetime,
    *,
    text: str = "",
    facts: Mapping[str, object] | None = None,
) -> None:
    refs = {"case": batch.case} | ({"notice": batch.notice} if batch.notice else {})
    ledger.enter(
        kind=kind,
        actor=parties.actor_of(viewer),
        happened_at=now,
        now=now,
        refs=refs,
        text=text,
        facts={"batch": batch.number, **(facts or {})},
        **standing(case, now),
    )
