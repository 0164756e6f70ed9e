"""Feed back what was done under a notice, and warn users: acts of the party that disposes (545号 十一(一), (四))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from cleannet.core.terms import Grade
from cleannet.hub.disposal import contents, queries, settling, steps
from cleannet.hub.disposal.models import Feedback, Order
from cleannet.hub.disposal.steps import AWAITED, OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import First, Told, told
from cleannet.hub.incidents.grading import locked
from cleannet.hub.incidents.queries import Notice
from cleannet.hub.incidents.receipts import feedback_received, received_at
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.queries import Entry
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
    if viewer.role == "cncert" and not viewer.person:
        # CNCERT verifies too, and never by whoever fed back: a program would be everybody.
        raise OrderRefused("feedback.no_person", party=viewer.party)
    fed_back_at = first.at if first else now
    feedback = drafted(viewer, found, items, users_told, disposed_at, fed_back_at, now)
    prepared = None if first else _rendered(viewer, found, feedback, changes or {}, now)
    with transaction.atomic():
        entry = write(viewer, found, feedback, items, told(first, now), now, prepared)
        if prepared:
            _issue(prepared, feedback, entry.recipients, entry.id)
            feedback_received(
                found.case, disposer=viewer.party, refs=entry.refs, grades=entry.grades, received_at=now, now=now
            )
    return feedback


def drafted(
    viewer: Viewer,
    notice: Notice,
    items: Sequence[Done],
    users_told: int | None,
    disposed_at: datetime,
    fed_back_at: datetime,
    now: datetime,
) -> Feedback:
    """Return the next feedback of the viewer's party on a notice, not kept yet; raise OrderRefused where it is none."""
    cases.open_case(viewer, notice.case_id)
    _check(viewer, notice, users_told, disposed_at, now)
    came = received_at(notice, viewer.party)
    if came is None or fed_back_at < came:
        raise OrderRefused("feedback.not_received_yet", notice=notice.number, party=viewer.party, at=fed_back_at)
    own = {order.number: order for order in awaited(viewer, notice)}
    earlier = Feedback.objects.filter(notice=notice.number, party=viewer.party).count()
    if earlier and not own:
        raise OrderRefused("feedback.given_already", notice=notice.number, party=viewer.party)
    _check_items(own, items)
    return Feedback(
        number=f"{notice.number}-F{earlier + 1}-{viewer.party}",
        case=notice.case_id,
        notice=notice.number,
        party=viewer.party,
        person=viewer.person,
        items=[{"order": item.order, "done": item.done, "reason": item.reason.strip()} for item in items],
        users_told=users_told,
        disposed_at=disposed_at,
        fed_back_at=fed_back_at,
    )


def write(
    viewer: Viewer,
    notice: Notice,
    feedback: Feedback,
    items: Sequence[Done],
    how: Told,
    now: datetime,
    prepared: Prepared | None = None,
    **also: Any,
) -> Entry:
    """Keep a drafted feedback, take the steps of its orders and enter it with what it settles; in a transaction.

    `also` goes to `ledger.enter`.
    """
    locked(notice.case_id)
    _insert(feedback)
    own = {order.number: order for order in awaited(viewer, notice)}
    for item in items:
        step = "feed_back_done" if item.done else "feed_back_not_done"
        steps.take(own[item.order], step, reason=item.reason.strip())
    settling.disposed(viewer, notice, feedback.disposed_at, now)
    if feedback.users_told is not None:
        settling.warned(viewer, notice, feedback.users_told, feedback.disposed_at, now)
    context = settling.context(viewer, notice, now)
    facts = {"items": feedback.items, "users_told": feedback.users_told}
    return ledger.enter(
        kind="disposal.fed_back",
        actor=parties.actor_of(viewer),
        now=now,
        refs={"case": feedback.case, "notice": feedback.notice, "feedback": feedback.number},
        grades={notice.policy: Grade(notice.grade)},
        recipients=context["participants"].of("cncert"),
        province=viewer.province,
        form=FORM if prepared else "",
        facts={**facts, "missing": prepared.missing if prepared else []},
        blobs=prepared.blobs if prepared else (),
        **how,
        **also,
        **context,
    )


def supply(*, viewer: Viewer, feedback: str, now: datetime, changes: Mapping[str, str] | None = None) -> Paper:
    """Supply the paper (附件五) after a first feedback by phone or mail (545号 十五).

    In writing it is in CNCERT's inbox, also where the call was never confirmed.
    """
    given = queries.feedback(viewer, feedback)
    if given.party != viewer.party or papers_queries.latest(number=feedback) is not None:
        raise OrderRefused("order.no_paper_owed", feedback=feedback)
    found = cases.notice(viewer, given.notice)
    cases.open_case(viewer, given.case)
    prepared = _rendered(viewer, found, given, changes or {}, now)
    refs = {"case": given.case, "notice": given.notice, "feedback": feedback}
    grades = {found.policy: Grade(found.grade)}
    context = settling.context(viewer, found, now)
    centre = context["participants"].of("cncert")
    facts = {"items": given.items, "users_told": given.users_told, "missing": prepared.missing}
    with transaction.atomic():
        locked(given.case)
        acts = [
            ledger.enter(
                kind=kind,
                actor=parties.actor_of(viewer),
                happened_at=now,
                now=now,
                refs=refs,
                grades=grades,
                recipients=centre,
                province=viewer.province,
                form=FORM,
                facts=facts,
                blobs=prepared.blobs,
                **context,
            )
            for kind in ("paper.supplied", "disposal.fed_back")
        ]
        feedback_received(found.case, disposer=viewer.party, refs=refs, grades=grades, received_at=now, now=now)
        return _issue(prepared, given, centre, acts[0].id)


def warn_users(*, viewer: Viewer, notice: str, users_told: int, warned_at: datetime, now: datetime) -> None:
    """Say how many users were warned and advised under a notice, before or after the feedback (545号 十一(一))."""
    found = cases.notice(viewer, notice)
    cases.open_case(viewer, found.case_id)
    _check(viewer, found, users_told, warned_at, now)
    with transaction.atomic():
        locked(found.case_id)
        if not settling.warned(viewer, found, users_told, warned_at, now):
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


def draft(viewer: Viewer, feedback: Feedback, now: datetime) -> dict[str, str]:
    """Return what 附件五 of a feedback is filled with, for a person to look at."""
    notice = cases.notice(viewer, feedback.notice)
    own = {order.number: order for order in queries.orders(viewer, case=feedback.case).filter(notice=notice.number)}
    return contents.annex5(
        viewer, notice, feedback, own, to=settling.context(viewer, notice, now)["participants"].of("cncert")
    )


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
