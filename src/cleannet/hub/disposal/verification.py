"""Look whether what was ordered is really gone, and answer a feedback with what was seen (545号 十一(五))."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.disposal import contents, network, queries, steps
from cleannet.hub.disposal.feedback import FORM
from cleannet.hub.disposal.models import Feedback, Order, Probe
from cleannet.hub.disposal.resolution import GONE, STILL_THERE
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import MEDIA, First
from cleannet.hub.incidents.first import told as how
from cleannet.hub.incidents.grading import locked, seat_of, standing, tell
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.papers.actions import Prepared
from cleannet.hub.papers.queries import Paper
from cleannet.hub.parties import queries as parties


def look(*, viewer: Viewer, case: str, now: datetime) -> list[Order]:
    """Ask for a look at the names of a case that was fed back on, and return their orders; `probes` looks.

    What is asked for already and not begun is not asked for twice. Raises OrderRefused.
    """
    found = list(queries.orders(viewer, case=case).filter(status__in=steps.LOOKED_AT))
    if not found:
        raise OrderRefused("order.nothing_to_look_at", case=case)
    owners = parties.names([order.party for order in found])
    if not any(network.sees(order.party, owners[order.party].role) for order in found):
        raise OrderRefused("order.no_vantage", case=case)
    begun = Probe.objects.filter(order__in=found, done_at=None, lease_until=None)
    asked = set(begun.values_list("order_id", flat=True))
    Probe.objects.bulk_create(
        [
            Probe(key=f"{order.number}:{ledger_record.stamp(now)}", ready_at=now, order=order)
            for order in found
            if order.number not in asked
        ],
        ignore_conflicts=True,
    )
    return found


def verify(
    *, viewer: Viewer, feedback: str, now: datetime, reason: str = "", first: First | None = None
) -> Mapping[str, str]:
    """Answer a feedback with what was seen since it came and return the verdict of each name.

    While a name was not looked at since, or an answer is unknown, only a person's `reason` lets it be answered so; it
    can be answered again then. What was said not to be done and is still there stays open. Nobody verifies what he fed
    back himself. `first` tells the result by phone or mail, the paper follows (十五). Raises OrderRefused.
    """
    found = queries.feedback(viewer, feedback)
    cases.open_case(viewer, found.case)
    if not viewer.person or viewer.person == found.person or (viewer.party == found.party and not found.person):
        raise OrderRefused("order.two_persons", feedback=feedback)
    if first and first.at < found.fed_back_at:
        raise OrderRefused("feedback.answered_before_it", feedback=feedback, at=found.fed_back_at)
    if found.settled:
        raise OrderRefused("feedback.verified_already", feedback=feedback)
    own = _named(viewer, found)
    verdicts = _verdicts(viewer, found, own)
    unsure = sorted(own[number].target for number, verdict in verdicts.items() if verdict not in (GONE, STILL_THERE))
    if not reason.strip() and (unsure or not own):
        raise OrderRefused("order.unknown_yet" if own else "order.nothing_to_look_at", case=found.case, targets=unsure)
    prepared = None if first else _rendered(viewer, found, verdicts, reason, now)
    with transaction.atomic():
        locked(found.case)
        if _verdicts(viewer, found, _named(viewer, found)) != verdicts:
            raise OrderRefused("order.seen_anew", feedback=feedback)
        answered = Feedback.objects.filter(Q(verified_at=None) | Q(settled=False), pk=feedback)
        if answered.update(verified_at=now, settled=not unsure) != 1:
            raise OrderRefused("feedback.verified_already", feedback=feedback)
        for number, verdict in verdicts.items():
            if verdict in (GONE, STILL_THERE):
                steps.take(own[number], f"verify_{verdict}")
        _answer(viewer, found, "disposal.verified", verdicts, reason, prepared, now, first)
    return {own[number].target: verdict for number, verdict in verdicts.items()}


def supply(*, viewer: Viewer, feedback: str, now: datetime) -> Paper:
    """Supply the paper (附件五 with the result) after a first answer by phone or mail (545号 十五)."""
    found = queries.feedback(viewer, feedback)
    owed = ledger_queries.own_duties(viewer).filter(case=found.case, expects="paper.supplied")
    if not any(duty.scope.get("feedback") == feedback for duty in owed):
        raise OrderRefused("order.no_paper_owed", feedback=feedback)
    answers = ledger_queries.entries(viewer, case=found.case, kind="disposal.verified")
    told = [row for row in answers if row.refs.get("feedback") == feedback and row.medium in MEDIA]
    answer = max(told, key=lambda row: row.entered_at)
    verdicts: dict[str, str] = dict(answer.facts["verdicts"])
    prepared = _rendered(viewer, found, verdicts, str(answer.facts.get("reason", "")), now)
    with transaction.atomic():
        locked(found.case)
        # In writing it reaches everybody, also who never confirmed the call.
        paper = _answer(viewer, found, "paper.supplied", verdicts, "", prepared, now, None)
        _answer(viewer, found, "disposal.verified", verdicts, "", prepared, now, None, issue=False)
    if paper is None:
        raise RuntimeError("a paper was rendered and not issued")
    return paper


def _named(viewer: Viewer, feedback: Feedback) -> dict[str, Order]:
    """Return the orders a feedback speaks of that are not settled yet."""
    named = {item["order"] for item in feedback.items}
    rows = queries.orders(viewer, case=feedback.case).filter(notice=feedback.notice, status__in=steps.LOOKED_AT)
    return {order.number: order for order in rows if order.number in named}


def _verdicts(viewer: Viewer, feedback: Feedback, own: Mapping[str, Order]) -> dict[str, str]:
    """Return what was seen of each order since the newest feedback that speaks of it, by this one or a later one."""
    given = list(queries.feedbacks(viewer, case=feedback.case))
    newest = {
        number: max(one.fed_back_at for one in given if any(item["order"] == number for item in one.items))
        for number in own
    }
    return {number: queries.verdict(order, since=newest[number]) for number, order in own.items()}


def _rendered(viewer: Viewer, feedback: Feedback, verdicts: Mapping[str, str], reason: str, now: datetime) -> Prepared:
    notice = cases.notice(viewer, feedback.notice)
    own = {order.number: order for order in queries.orders(viewer, case=feedback.case) if order.number in verdicts}
    written = contents.verified(feedback, own, verdicts, reason, now)
    return papers.prepare(policy=cases.law_of(notice.case, notice.policy), form=FORM, values=written, at=now)


def _answer(
    viewer: Viewer,
    feedback: Feedback,
    kind: str,
    verdicts: Mapping[str, str],
    reason: str,
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
    entry = ledger.enter(
        kind=kind,
        actor=parties.actor_of(viewer),
        now=now,
        refs={"case": feedback.case, "notice": feedback.notice, "feedback": feedback.number},
        grades={notice.policy: Grade(notice.grade)},
        recipients=recipients,
        form=FORM if prepared else "",
        facts=facts | ({"reason": reason.strip()} if reason.strip() else {}),
        blobs=prepared.blobs if prepared else (),
        **how(first, now),
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
