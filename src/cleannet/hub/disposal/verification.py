"""Look whether what was ordered is really gone, and answer a feedback with what was seen (545号 十一(五))."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.disposal import contents, inside, network, queries, relapses, steps
from cleannet.hub.disposal.contents import Basis
from cleannet.hub.disposal.feedback import FORM
from cleannet.hub.disposal.models import Feedback, Order, Probe
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import MEDIA, First, told
from cleannet.hub.incidents.grading import locked, seat_of, standing, tell
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.papers.actions import Prepared
from cleannet.hub.papers.queries import Paper
from cleannet.hub.parties import queries as parties
from cleannet.probe.answer import GONE, STILL_THERE


def look(*, viewer: Viewer, case: str, now: datetime) -> list[Order]:
    """Ask for a look at the targets of a case that were fed back on or verified, and return their orders; `probes`
    looks, and the edges of an operator are asked to look from inside.

    What is asked for already and not begun is not asked for twice. Raises OrderRefused.
    """
    found = list(queries.orders(viewer, case=case).filter(status__in=steps.WATCHED))
    if not found:
        raise OrderRefused("order.nothing_to_look_at", case=case)
    owners = parties.names([order.party for order in found])
    if not any(network.sees(order.party, owners[order.party].role, order.reach) for order in found):
        raise OrderRefused("order.no_vantage", case=case)
    with transaction.atomic():
        ask(found, now=now)
    return found


def ask(orders: Collection[Order], *, now: datetime) -> None:
    """Ask for a look at each of these orders, where none is asked for and not begun."""
    begun = Probe.objects.filter(order__in=orders, done_at=None, lease_until=None, scheduled=False)
    asked = set(begun.values_list("order_id", flat=True))
    wanted = [order for order in orders if order.number not in asked]
    Probe.objects.bulk_create(
        [Probe(key=f"{order.number}:{ledger_record.stamp(now)}", ready_at=now, order=order) for order in wanted],
        ignore_conflicts=True,
    )
    inside.ask(wanted, now=now)


def verify(
    *,
    viewer: Viewer,
    feedback: str,
    now: datetime,
    reason: str = "",
    first: First | None = None,
    policy: int = 0,
    agreed: Mapping[str, str] | None = None,
) -> Mapping[str, str]:
    """Answer a feedback with what was seen since it came and return the verdict of each name.

    While a name was not looked at since, or an answer is unknown, only a person's `reason` lets it be answered so; it
    can be answered again then. What was said not to be done and is still there stays open. Nobody verifies what he fed
    back himself. `first` tells the result by phone or mail, the paper follows (十五). `policy` is 0, or the minutes
    apart at which two looks agreed where the hub answers by itself (see `deciding`), which then answers only with the
    verdicts it `agreed` on by number of order. Raises OrderRefused.
    """
    found = queries.feedback(viewer, feedback)
    cases.open_case(viewer, found.case)
    nobody = viewer.party == found.party if policy else not viewer.person or viewer.person == found.person
    if nobody or (viewer.party == found.party and not found.person):
        raise OrderRefused("order.two_persons", feedback=feedback)
    if first and first.at < found.fed_back_at:
        raise OrderRefused("feedback.answered_before_it", feedback=feedback, at=found.fed_back_at)
    if found.settled:
        raise OrderRefused("feedback.verified_already", feedback=feedback)
    own = named(viewer, found)
    verdicts = _verdicts(viewer, found, own)
    if policy and verdicts != agreed:
        raise OrderRefused("order.seen_anew", feedback=feedback)
    unsure = sorted(own[number].target for number, verdict in verdicts.items() if verdict not in (GONE, STILL_THERE))
    if not reason.strip() and (unsure or not own):
        raise OrderRefused("order.unknown_yet" if own else "order.nothing_to_look_at", case=found.case, targets=unsure)
    how = Basis(reason.strip(), policy, voluntary(viewer, found))
    prepared = None if first else _rendered(viewer, found, verdicts, how, now)
    with transaction.atomic():
        locked(found.case)
        if _verdicts(viewer, found, named(viewer, found)) != verdicts:
            raise OrderRefused("order.seen_anew", feedback=feedback)
        answered = Feedback.objects.filter(Q(verified_at=None) | Q(settled=False), pk=feedback)
        if answered.update(verified_at=now, settled=not unsure) != 1:
            raise OrderRefused("feedback.verified_already", feedback=feedback)
        for number, verdict in verdicts.items():
            if verdict in (GONE, STILL_THERE):
                steps.take(own[number], f"verify_{verdict}")
            if verdict == GONE:
                relapses.schedule(own[number], now=now)
        _answer(viewer, found, "disposal.verified", verdicts, how, prepared, now, first)
    return {own[number].target: verdict for number, verdict in verdicts.items()}


def supply(*, viewer: Viewer, feedback: str, now: datetime) -> Paper:
    """Supply the paper (附件五 with the result) after a first answer by phone or mail (545号 十五)."""
    found = queries.feedback(viewer, feedback)
    owed = ledger_queries.own_duties(viewer).filter(case=found.case, expects="paper.supplied")
    if not any(duty.scope.get("feedback") == feedback for duty in owed):
        raise OrderRefused("order.no_paper_owed", feedback=feedback)
    answers = ledger_queries.entries(viewer, case=found.case, kind="disposal.verified")
    calls = [row for row in answers if row.refs.get("feedback") == feedback and row.medium in MEDIA]
    answer = max(calls, key=lambda row: row.entered_at)
    verdicts: dict[str, str] = dict(answer.facts["verdicts"])
    how = Basis(str(answer.facts.get("reason", "")), int(answer.facts.get("policy", 0)), voluntary(viewer, found))
    prepared = _rendered(viewer, found, verdicts, how, now)
    with transaction.atomic():
        locked(found.case)
        # In writing it reaches everybody, also who never confirmed the call.
        paper = _answer(viewer, found, "paper.supplied", verdicts, how, prepared, now, None)
        _answer(viewer, found, "disposal.verified", verdicts, how, prepared, now, None, issue=False)
    if paper is None:
        raise RuntimeError("a paper was rendered and not issued")
    return paper


def voluntary(viewer: Viewer, feedback: Feedback) -> bool:
    """Say whether no law asks for the answer to a feedback, as to one on ordinary incidents (545号 十一(五))."""
    notice = cases.notice(viewer, feedback.notice)
    rules = [rule for rule in cases.law_of(notice.case, notice.policy).duties if rule.expects == "disposal.verified"]
    owed = ledger_queries.duties(viewer, case=feedback.case).filter(expects="disposal.verified")
    by_law = any(not rule.grades or Grade(notice.grade) in rule.grades for rule in rules)
    return not by_law and not any(duty.scope.get("feedback") == feedback.number for duty in owed)


def named(viewer: Viewer, feedback: Feedback) -> dict[str, Order]:
    """Return the orders a feedback speaks of that are not settled yet."""
    numbers = {item["order"] for item in feedback.items}
    rows = queries.orders(viewer, case=feedback.case).filter(notice=feedback.notice, status__in=steps.LOOKED_AT)
    return {order.number: order for order in rows if order.number in numbers}


def newest_word(viewer: Viewer, case: str, own: Collection[str]) -> dict[str, datetime]:
    """Return when the newest feedback came that speaks of each of these orders."""
    given = list(queries.feedbacks(viewer, case=case))
    return {
        number: max(one.fed_back_at for one in given if any(item["order"] == number for item in one.items))
        for number in own
    }


def _verdicts(viewer: Viewer, feedback: Feedback, own: Mapping[str, Order]) -> dict[str, str]:
    """Return what was seen of each order since the newest feedback that speaks of it, by this one or a later one."""
    newest = newest_word(viewer, feedback.case, own)
    return {number: queries.verdict(order, since=newest[number]) for number, order in own.items()}


def _rendered(viewer: Viewer, feedback: Feedback, verdicts: Mapping[str, str], how: Basis, now: datetime) -> Prepared:
    notice = cases.notice(viewer, feedback.notice)
    own = {order.number: order for order in queries.orders(viewer, case=feedback.case) if order.number in verdicts}
    written = contents.verified(feedback, own, verdicts, how, now)
    return papers.prepare(policy=cases.law_of(notice.case, notice.policy), form=FORM, values=written, at=now)


def _answer(
    viewer: Viewer,
    feedback: Feedback,
    kind: str,
    verdicts: Mapping[str, str],
    how: Basis,
    prepared: Prepared | None,
    now: datetime,
    first: First | None,
    issue: bool = True,
) -> Paper | None:
    notice = cases.notice(viewer, feedback.notice)
    seat = seat_of(feedback.party)
    context = standing(notice.case, now, disposer=feedback.party, seats=[seat] if seat else [])
    recipients = _recipients(viewer, feedback, context)
    facts: dict[str, object] = {"verdicts": dict(verdicts), "missing": prepared.missing if prepared else []}
    if kind == "disposal.verified":
        facts |= {key: value for key, value in asdict(how).items() if value}
    entry = ledger.enter(
        kind=kind,
        actor=parties.actor_of(viewer),
        now=now,
        refs={"case": feedback.case, "notice": feedback.notice, "feedback": feedback.number},
        grades={notice.policy: Grade(notice.grade)},
        recipients=recipients,
        form=FORM if prepared else "",
        facts=facts,
        blobs=prepared.blobs if prepared else (),
        **told(first, now),
        **context,
    )
    tell(feedback.case, recipients)
    if prepared is None or not issue:
        return None
    return papers.issue(
        prepared=prepared,
        number=feedback.number,
        case=feedback.case,
        party=viewer.party,
        recipients=recipients,
        entry=entry.id,
    )


def _recipients(viewer: Viewer, feedback: Feedback, context: parties.Standing) -> list[str]:
    """Return whom the answer goes to: MIIT, the bureaus concerned and the disposer, and whoever the duty names."""
    participants = context["participants"]
    owed = ledger_queries.own_duties(viewer).filter(case=feedback.case)
    named = {code for duty in owed if duty.scope.get("feedback") == feedback.number for code in (*duty.to, *duty.cc)}
    return sorted({*participants.of("miit"), *participants.of("bureau:relevant"), feedback.party, *named})
