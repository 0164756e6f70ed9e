"""Feed back what was done under a notice, and warn users: acts of the party that disposes (545号 十一(一), (四))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.disposal import contents, queries, steps
from cleannet.hub.disposal.models import Feedback, Order
from cleannet.hub.disposal.steps import AWAITED, OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import First, told
from cleannet.hub.incidents.grading import locked, standing
from cleannet.hub.incidents.queries import Notice
from cleannet.hub.incidents.receipts import feedback_received
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.papers import queries as papers_queries
from cleannet.hub.papers.actions import Prepared
from cleannet.hub.papers.queries import Paper
from cleannet.hub.parties import queries as parties

FORM = "annex5"


@dataclass(frozen=True, slots=True)
class Done:
    """Say of one order whether it was carried out, or why not."""

    order: str
    done: bool
    reason: str = ""


def feed_back(
    *,
    viewer: Viewer,
    notice: str,
    items: Sequence[Done],
    users_told: int | None,
    disposed_at: datetime,
    now: datetime,
    changes: Mapping[str, str] | None = None,
    first: First | None = None,
) -> Feedback:
    """Feed back on 附件五 what was done under a notice and why the rest was not (545号 十一(四)).

    Every order of the party under the notice that is not done yet has its item; what was not done has a reason. “Not
    done, because …” is on time, stays open and may be fed back again. CNCERT has received it (接到) the moment it
    stands in its inbox. In urgency it is told `first` by phone or mail: received when CNCERT confirms the call, and the
    paper is still owed (十五).
    """
    found = cases.notice(viewer, notice)
    cases.open_case(viewer, found.case_id)
    _check(viewer, found, users_told, disposed_at, now)
    own = {order.number: order for order in awaited(viewer, found)}
    earlier = Feedback.objects.filter(notice=notice, party=viewer.party).count()
    if earlier and not own:
        raise OrderRefused("feedback.given_already", notice=notice, party=viewer.party)
    _check_items(own, items)
    feedback = Feedback(
        number=f"{notice}-F{earlier + 1}-{viewer.party}",
        case=found.case_id,
        notice=notice,
        party=viewer.party,
        person=viewer.person,
        items=[{"order": item.order, "done": item.done, "reason": item.reason.strip()} for item in items],
        users_told=users_told,
        disposed_at=disposed_at,
        fed_back_at=first.at if first else now,
    )
    prepared = None if first else _rendered(viewer, found, feedback, changes or {}, now)
    with transaction.atomic():
        locked(found.case_id)
        _insert(feedback)
        for item in items:
            step = "feed_back_done" if item.done else "feed_back_not_done"
            steps.take(own[item.order], step, reason=item.reason.strip())
        _disposed(viewer, found, disposed_at, now)
        if users_told is not None:
            _warned(viewer, found, users_told, disposed_at, now)
        refs = {"case": found.case_id, "notice": notice, "feedback": feedback.number}
        grades = {found.policy: Grade(found.grade)}
        context = _context(viewer, found, now)
        centre = context["participants"].of("cncert")
        entry = ledger.enter(
            kind="disposal.fed_back",
            actor=parties.actor_of(viewer),
            now=now,
            refs=refs,
            grades=grades,
            recipients=centre,
            province=viewer.province,
            form=FORM if prepared else "",
            facts={
                "items": feedback.items,
                "users_told": users_told,
                "missing": prepared.missing if prepared else [],
            },
            blobs=prepared.blobs if prepared else (),
            **told(first, now),
            **context,
        )
        if prepared:
            _issue(prepared, feedback, centre, entry.id)
            feedback_received(found.case, disposer=viewer.party, refs=refs, grades=grades, received_at=now, now=now)
    return feedback


def supply(*, viewer: Viewer, feedback: str, now: datetime, changes: Mapping[str, str] | None = None) -> Paper:
    """Supply the paper (附件五) after a first feedback by phone or mail (545号 十五)."""
    given = queries.feedback(viewer, feedback)
    if given.party != viewer.party or papers_queries.latest(number=feedback) is not None:
        raise OrderRefused("order.no_paper_owed", feedback=feedback)
    found = cases.notice(viewer, given.notice)
    cases.open_case(viewer, given.case)
    prepared = _rendered(viewer, found, given, changes or {}, now)
    refs = {"case": given.case, "notice": given.notice, "feedback": feedback}
    grades = {found.policy: Grade(found.grade)}
    context = _context(viewer, found, now)
    centre = context["participants"].of("cncert")
    with transaction.atomic():
        locked(given.case)
        entry = ledger.enter(
            kind="paper.supplied",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs=refs,
            grades=grades,
            recipients=centre,
            province=viewer.province,
            form=FORM,
            facts={"missing": prepared.missing},
            blobs=prepared.blobs,
            **context,
        )
        feedback_received(found.case, disposer=viewer.party, refs=refs, grades=grades, received_at=now, now=now)
        return _issue(prepared, given, centre, entry.id)


def warn_users(*, viewer: Viewer, notice: str, users_told: int, warned_at: datetime, now: datetime) -> None:
    """Say how many users were warned and advised under a notice, before or after the feedback (545号 十一(一))."""
    found = cases.notice(viewer, notice)
    cases.open_case(viewer, found.case_id)
    _check(viewer, found, users_told, warned_at, now)
    with transaction.atomic():
        locked(found.case_id)
        if not _warned(viewer, found, users_told, warned_at, now):
            raise OrderRefused("feedback.users_told_already", notice=notice, party=viewer.party)


def _check(viewer: Viewer, notice: Notice, users_told: int | None, at: datetime, now: datetime) -> None:
    if viewer.party not in notice.addressees:
        raise OrderRefused("feedback.not_addressed", notice=notice.number, party=viewer.party)
    if users_told is not None and viewer.role != "operator":
        raise OrderRefused("feedback.no_users", party=viewer.party)
    if at > now:
        raise OrderRefused("feedback.in_future", at=at)


def awaited(viewer: Viewer, notice: Notice) -> list[Order]:
    """Return the viewer's own orders under a notice that wait for feedback, by number."""
    rows = queries.orders(viewer, case=notice.case_id).filter(notice=notice.number, party=viewer.party)
    return list(rows.filter(status__in=AWAITED).order_by("number"))


def _check_items(own: Mapping[str, Order], items: Sequence[Done]) -> None:
    given = [item.order for item in items]
    if sorted(given) != sorted(own):
        raise OrderRefused("feedback.not_every_order", wanted=sorted(own), given=sorted(given))
    silent = [item.order for item in items if not item.done and not item.reason.strip()]
    if silent:
        raise OrderRefused("feedback.reason_missing", orders=silent)


def _context(viewer: Viewer, notice: Notice, now: datetime) -> parties.Standing:
    seats = [viewer.province] if viewer.province else []
    return standing(notice.case, now, of=viewer.party, disposer=viewer.party, seats=seats)


def draft(viewer: Viewer, feedback: Feedback, now: datetime) -> dict[str, str]:
    """Return what 附件五 of a feedback is filled with, for a person to look at."""
    notice = cases.notice(viewer, feedback.notice)
    own = {order.number: order for order in queries.orders(viewer, case=feedback.case).filter(notice=notice.number)}
    return contents.annex5(viewer, notice, feedback, own, to=_context(viewer, notice, now)["participants"].of("cncert"))


def _rendered(
    viewer: Viewer, notice: Notice, feedback: Feedback, changes: Mapping[str, str], now: datetime
) -> Prepared:
    law = cases.law_of(notice.case, notice.policy)
    values = papers.changed(law.forms[FORM], draft(viewer, feedback, now), changes, role="")
    return papers.prepare(policy=law, form=FORM, values=values, at=now)


def _issue(prepared: Prepared, feedback: Feedback, recipients: Sequence[str], entry: str) -> Paper:
    return papers.issue(
        prepared=prepared,
        number=feedback.number,
        case=feedback.case,
        party=feedback.party,
        recipients=recipients,
        entry=entry,
    )


def _insert(feedback: Feedback) -> None:
    try:
        with transaction.atomic():
            feedback.save(force_insert=True)
    except IntegrityError as error:
        # The same party fed back on the same notice at the same moment.
        raise OrderRefused("feedback.given_already", notice=feedback.notice, party=feedback.party) from error


def _disposed(viewer: Viewer, notice: Notice, at: datetime, now: datetime) -> None:
    """Enter the disposal under each notice of the case by which nothing is left to be done by the party.

    What a further notice issued again counts under the first one, too, once it is done.
    """
    rows = queries.orders(viewer, case=notice.case_id).filter(party=viewer.party)
    orders = {order.number: order for order in rows}
    for under, facts in _owed(viewer, notice, "disposal.done"):
        own = [order for order in orders.values() if order.notice == under]
        last = [_last(order, orders) for order in own]
        if (own or under == notice.number) and all(order.status in steps.DISPOSED for order in last):
            done = {"orders": sorted(order.number for order in last)}
            _act("disposal.done", viewer, notice, under, at, facts, now, done)


def _warned(viewer: Viewer, notice: Notice, users_told: int, at: datetime, now: datetime) -> bool:
    """Enter the warning of users under each notice of the case it is owed by; return whether it was owed by any."""
    owed = _owed(viewer, notice, "user.warned")
    for under, start in owed:
        _act("user.warned", viewer, notice, under, at, start, now, {"told": users_told})
    return bool(owed)


def _owed(viewer: Viewer, notice: Notice, expects: str) -> list[tuple[str, datetime]]:
    """Return the notices of the case by which the party owes an act, each with the start of the duty."""
    rows = ledger_queries.own_duties(viewer).filter(case=notice.case_id, expects=expects)
    return sorted({(row.scope["notice"], row.start) for row in rows if "notice" in row.scope})


def _last(order: Order, orders: Mapping[str, Order]) -> Order:
    while order.again_id is not None:
        order = orders[order.again_id]
    return order


def _act(
    kind: str,
    viewer: Viewer,
    notice: Notice,
    under: str,
    at: datetime,
    start: datetime,
    now: datetime,
    facts: Mapping[str, object],
) -> None:
    """Enter what was done at `at`; done before the notice was received, it meets the notice when it came."""
    ledger.enter(
        kind=kind,
        actor=parties.actor_of(viewer),
        happened_at=max(at, start),
        now=now,
        refs={"case": notice.case_id, "notice": under},
        grades={notice.policy: Grade(notice.grade)},
        province=viewer.province,
        facts={**facts, "at": ledger_record.stamp(at)},
        **_context(viewer, notice, now),
    )
