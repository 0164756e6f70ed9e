"""Two persons: orders are put together by one, looked at and issued by another, a whole batch at once.

With nobody else on duty one may issue alone, for a stated reason; the house rule (policies/two_persons.toml) then makes
the second person's confirmation a duty with its own limit.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from cleannet.core.form import Filled
from cleannet.core.refusal import Refusal
from cleannet.formats import ledger_record
from cleannet.formats.moments import read_moment, write_moment
from cleannet.hub.disposal import actions, batch_steps, orderable, routing
from cleannet.hub.disposal.actions import Exemption, Wanted
from cleannet.hub.disposal.batch_steps import ALONE, ISSUED, WAITING
from cleannet.hub.disposal.batch_steps import OPEN as OPEN
from cleannet.hub.disposal.models import Batch as Batch
from cleannet.hub.disposal.models import Order
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import notices
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import First
from cleannet.hub.incidents.queries import Notice
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.programs import queries as programs


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
    orderable.check(viewer, cases.open_case(viewer, case), wanted, now, until, exempt)
    orderable.refuse_standing(case, wanted)
    found = drafted(viewer, case, wanted, now, changes or {})
    return _kept(found, wanted, now, changes=found.changed, until=until, exempt=exempt)


def draft_again(*, viewer: Viewer, case: str, now: datetime) -> Batch:
    """Put the orders together that failed verification or were not carried out. Raises OrderRefused."""
    wanted, exempt, _ = actions.wanted_again(viewer, case, now)
    return _kept(drafted(viewer, case, wanted, now, {}), wanted, now, again=True, exempt=exempt)


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
    if viewer.person != found.drafted_by:
        raise OrderRefused("order.not_the_drafter", batch=batch)
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
        batch_steps.take(found, ALONE, ISSUED, countersigned_by=viewer.person, countersigned_at=now)
        notice = cases.notice(viewer, found.notice)
        batch_steps.enter("order.confirmed", viewer, found, notice.case, now, text=remark.strip())


def decline(*, viewer: Viewer, batch: str, reason: str, now: datetime) -> None:
    """Give a batch back that is not to be issued, one's own too; raise OrderRefused."""
    found = own(viewer, batch)
    _a_person(viewer)
    if not reason.strip():
        raise OrderRefused("order.declined_without_reason", batch=batch)
    with transaction.atomic():
        batch_steps.decline(viewer, found, cases.case(viewer, found.case), reason.strip(), now)


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
    return known | {one.target: orderable.reach_of(one.target) for one in exempt(batch)}


def wanted(batch: Batch) -> list[Wanted]:
    """Return the orders of a batch."""
    return [Wanted(*one) for one in batch.wanted]


def exempt(batch: Batch) -> list[Exemption]:
    """Return what is exempt in a batch."""
    return [Exemption(one["target"], one["reason"], read_moment(one["until"])) for one in batch.exempt]


def paper(viewer: Viewer, batch: Batch, now: datetime) -> Filled:
    """Return the paper of a batch that waits as it would go out now; raise IncidentRefused where none can."""
    return drafted(viewer, batch.case, wanted(batch), now, batch.changes).filled


def drafted(
    viewer: Viewer, case: str, wanted: Collection[Wanted], now: datetime, changes: Mapping[str, str]
) -> notices.Draft:
    """Return the notice under which orders would go out; raise IncidentRefused."""
    proposed = routing.routes(viewer, case, now=now)
    return notices.Draft(
        viewer=viewer,
        case=case,
        addressees={one.party for one in wanted},
        now=now,
        changes=changes,
        servers=routing.servers(proposed, {one.target for one in wanted}),
    )


def _kept(
    of: notices.Draft,
    wanted: Collection[Wanted],
    now: datetime,
    *,
    again: bool = False,
    changes: Mapping[str, str] | None = None,
    until: datetime | None = None,
    exempt: Collection[Exemption] = (),
) -> Batch:
    viewer, case = of.viewer, of.case
    _a_person(viewer)
    ordered = sorted(set(wanted), key=lambda one: (one.party, one.target))
    with transaction.atomic():
        made = Batch.objects.create(
            number=f"{case.number}-B{papers.next_number(f'batch:{case.number}')}",
            case=case.number,
            grade=of.grade.value,
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
        batch_steps.enter("order.drafted", viewer, made, case, now, facts=facts)
    return made


def _issue(
    viewer: Viewer, batch: Batch, after: str, kind: str, now: datetime, first: First | None, reason: str = ""
) -> list[Order]:
    def decided(notice: Notice) -> None:
        if notice.grade != batch.grade:
            raise OrderRefused("order.batch_outdated", batch=batch.number)
        columns = {"decided_by": viewer.person, "decided_at": now, "notice": notice.number, "reason": reason}
        batch_steps.take(batch, WAITING, after, **columns)
        batch.notice = notice.number
        batch_steps.enter(kind, viewer, batch, notice.case, now, text=reason)
        if after == ALONE and not _owed(viewer, notice):
            raise OrderRefused("order.alone_without_rule", batch=batch.number)

    if batch.status != WAITING:
        raise OrderRefused("order.batch_decided", batch=batch.number, status=batch.status)
    if _lifted_since(viewer, batch):
        raise OrderRefused("order.batch_outdated", batch=batch.number)
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
    if wanted(batch) != actions.wanted_again(viewer, batch.case, now)[0]:
        raise OrderRefused("order.batch_outdated", batch=batch.number)
    return actions.issue_again(viewer=viewer, case=batch.case, now=now, within=decided)


def _lifted_since(viewer: Viewer, batch: Batch) -> bool:
    """Say whether a target of a batch was lifted after an appeal since the batch was drafted."""
    lifted = ledger_queries.entries(viewer, case=batch.case, kind="order.lifted").filter(
        happened_at__gt=batch.drafted_at
    )
    targets = {target for entry in lifted for _number, _kind, target in entry.facts["orders"]}
    return any(one.target in targets for one in wanted(batch))


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
