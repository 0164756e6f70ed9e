"""Gather what a viewer may see of one case, and which steps are open to him."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cleannet.core.policy import GradeRule, Policy
from cleannet.core.tally import Sum, to_micros
from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.disposal import appeals, batches, by_hand, effects, routing, steps
from cleannet.hub.disposal import queries as orders
from cleannet.hub.disposal.effects import Effect
from cleannet.hub.disposal.queries import Feedback, Order, Sighting
from cleannet.hub.disposal.routing import Routing
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents import receipts
from cleannet.hub.incidents.grading import BASE_LAW
from cleannet.hub.incidents.queries import Case, Notice
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import queries as papers
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs
from cleannet.hub.web import chart
from cleannet.hub.web.access import Asked
from cleannet.hub.web.duties import rows

WIDE, NARROW = (760, 260), (350, 230)


@dataclass(frozen=True, slots=True)
class Step:
    """Name one step open to the viewer: its page and its button; `direct` needs no page of its own before it."""

    href: str
    verb: str
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """Show one grade with its proof: who gave it, the law, and each figure against a threshold."""

    standing: cases.Standing
    law: Policy
    rule: GradeRule | None
    measured: list[tuple[str, int, int | None, bool]]


@dataclass(frozen=True, slots=True)
class Strip:
    """Show one order over time: what happened to it and what was seen of its name."""

    order: Order
    effect: Effect
    sightings: list[Sighting]
    looking: bool
    mine: bool
    routing: Routing | None

    @property
    def latest(self) -> list[Sighting]:
        """Return what the last look saw."""
        return [one for one in self.sightings if one.seen_at == self.sightings[-1].seen_at]

    @property
    def earlier(self) -> list[Sighting]:
        """Return what the looks before it saw, the newest first."""
        return self.sightings[: len(self.sightings) - len(self.latest)][::-1]


def gather(request: Asked, number: str) -> dict[str, Any]:
    """Return everything the page of a case shows."""
    viewer, now = request.viewer, request.now
    case = cases.case(viewer, number)
    scale = cases.scale(viewer, case)
    # Each number counts for 24 hours: what lies ahead of now is not known yet, only what would be left.
    curve = Sum(tuple(slot for slot in scale.course.slots if slot.start <= to_micros(now)))
    law = cases.law_of(case, BASE_LAW) if BASE_LAW in case.laws else None
    lines = chart.thresholds(law) if law else []
    strips = _strips(viewer, number)
    duties = rows(viewer, ledger.duties(viewer, case=number), now)
    notices = cases.notices(viewer, case=number)
    feedbacks = list(orders.feedbacks(viewer, case=number))
    confirming = case.status == "open" and "record" in viewer.rights
    return {
        "case": case,
        "program": programs.program(viewer, case.program),
        "provinces": ledger_record.codes(case.provinces),
        "grade": cases.grade_told(viewer, case),
        "scale": scale,
        "silent": cases.silent(viewer, case, now=now),
        "charts": [
            drawn for size in (WIDE, NARROW) if (drawn := chart.draw(curve, lines, width=size[0], height=size[1]))
        ],
        "hours": chart.hours(curve),
        "proofs": [_proof(case, one) for one in cases.standing_grades(viewer, case)],
        "unverified": [one for one in (cases.law_of(case, policy) for policy in case.laws) if one.unverified],
        "entries": list(ledger.entries(viewer, case=number)),
        "waiting": [row for row in duties if row.duty.open],
        "over": [row for row in duties if not row.duty.open],
        "papers": list(papers.papers(viewer, case=number)),
        "strips": strips,
        "notices": notices,
        "feedbacks": feedbacks,
        "unconfirmed": receipts.awaiting(viewer, number) if confirming else [],
        "unconfirmed_far": receipts.awaiting_remote(viewer, number) if confirming else [],
        "annulment": cases.annulment(viewer, case),
        "relapsed": orders.relapsed(viewer, case=number),
        "appeals": appeals.appeals(viewer, case=number),
        "steps": [
            *(_steps(viewer, case, strips, notices, feedbacks) if case.status == "open" else ()),
            *_ends(viewer, number, strips),
        ],
    }


def _strips(viewer: Viewer, number: str) -> list[Strip]:
    own = list(orders.orders(viewer, case=number))
    found = effects.effects(own)
    seen: dict[str, list[Sighting]] = {}
    for one in orders.case_sightings(viewer, case=number):
        seen.setdefault(one.order_id, []).append(one)
    looking = orders.looking(viewer, case=number)
    why = routing.decisions(viewer, [order.number for order in own])
    return [
        Strip(
            order,
            found[order.number],
            seen.get(order.number, []),
            order.number in looking,
            order.party == viewer.party,
            why.get(order.number),
        )
        for order in own
    ]


def _proof(case: Case, standing: cases.Standing) -> Proof:
    law = cases.law_of(case, standing.policy)
    rule = next((rule for rule in law.grading if rule.grade == standing.grade), None)
    measured: list[tuple[str, int, int | None, bool]] = []
    for fact, figure in standing.row.facts.items():
        own = next((one for one in rule.thresholds if one.fact == fact), None) if rule else None
        least = next(iter(law.thresholds(fact)), None)
        threshold = own.figure if own else least
        measured.append((fact, figure, threshold, threshold is not None and figure > threshold))
    return Proof(standing, law, rule, measured)


def _steps(
    viewer: Viewer, case: Case, strips: list[Strip], notices: list[Notice], feedbacks: list[Feedback]
) -> Iterator[Step]:
    number = case.number
    about = {"number": number}
    graded = {one.grader: one.grade for one in cases.standing_grades(viewer, case) if one.policy == BASE_LAW}
    if viewer.may("report") and graded.get(viewer.party, Grade.IV) != Grade.IV:
        yield Step(reverse("report", kwargs=about), _("Report the incident"))
        yield Step(reverse("report_first", kwargs=about), _("Record a first report by phone"))
    if viewer.may("report") and any(law != BASE_LAW for law in case.laws):
        yield Step(reverse("state_facts", kwargs=about), _("State facts for another law"))
    if viewer.may("order"):
        for batch in batches.batches(viewer, case=number):
            if batch.status in batches.OPEN:
                href = reverse("batch", kwargs={"number": batch.number})
                yield Step(href, _("Look at the batch %(batch)s") % {"batch": batch.number})
        yield Step(reverse("issue", kwargs=about), _("Draft orders"))
        if any(strip.order.status in steps.STEPS["issue_again"] for strip in strips):
            yield Step(reverse("issue_again", kwargs=about), _("Draft the failed orders again"))
    if viewer.may("notify"):
        yield Step(reverse("notify", kwargs=about), _("Issue a notice without orders"))
    if viewer.may("feed_back"):
        left = {strip.order.notice for strip in strips if strip.mine and strip.order.status in steps.AWAITED}
        for notice in notices:
            given = any(one.notice == notice.number and one.party == viewer.party for one in feedbacks)
            if viewer.party in notice.addressees and (not given or notice.number in left):
                href = reverse("feed_back", kwargs={"number": notice.number})
                yield Step(href, _("Feed back on %(notice)s") % {"notice": notice.number})
        for one in feedbacks:
            if one.party == viewer.party and papers.latest(number=one.number) is None:
                href = reverse("supply_feedback", kwargs={"number": one.number})
                yield Step(href, _("Supply the paper of %(feedback)s") % {"feedback": one.number})
    if viewer.may("verify"):
        if any(strip.order.status in steps.WATCHED for strip in strips):
            yield Step(reverse("look", kwargs=about), _("Look now"), direct=True)
        for one in feedbacks:
            if not one.settled:
                href = reverse("verify", kwargs={"number": one.number})
                yield Step(href, _("Verify %(feedback)s") % {"feedback": one.number})
        for notice in notices:
            if by_hand.remote(viewer, notice):
                href = reverse("record_feedback", kwargs={"number": notice.number})
                yield Step(href, _("Record feedback on %(notice)s by hand") % {"notice": notice.number})
        for number in _papers_due(viewer, case.number, feedbacks):
            href = reverse("record_paper", kwargs={"number": number})
            yield Step(href, _("Record that the paper of %(feedback)s came") % {"feedback": number})
        for number in _results_owed(viewer, case.number):
            href = reverse("supply_verification", kwargs={"number": number})
            yield Step(href, _("Supply the paper of %(feedback)s") % {"feedback": number}, direct=True)
    if viewer.may("assess") and graded.get(settings.CLEANNET_PARTY, Grade.I) != Grade.I:
        yield Step(reverse("raise_grade", kwargs=about), _("Raise the grade"))
    if viewer.may("notify"):
        for notice in notices:
            if notice.issuer == viewer.party and set(notice.addressees) - received_by(viewer, notice):
                href = reverse("record_receipt", kwargs={"number": notice.number})
                yield Step(href, _("Record the receipt of %(notice)s") % {"notice": notice.number})
        proposed = cases.annulment(viewer, case)
        page, verb = (
            ("confirm_annulment", _("Confirm the annulment"))
            if proposed
            else ("propose_annulment", _("Propose to annul"))
        )
        yield Step(reverse(page, kwargs=about), verb)
    if viewer.may("record"):
        yield Step(f"{reverse('begin')}?{urlencode({'case': case.number})}", _("Record something on this case"))
    settled = all(strip.order.status in steps.FINAL for strip in strips)
    if viewer.may("verify") and settled and not cases.hindering(viewer, case.number):
        yield Step(reverse("close", kwargs=about), _("Close the case"))


def _ends(viewer: Viewer, number: str, strips: list[Strip]) -> Iterator[Step]:
    """Yield what ends orders on the network, which outlives their case."""
    if viewer.may("order") and any(strip.order.leaves is None for strip in strips):
        yield Step(reverse("withdraw", kwargs={"number": number}), _("Withdraw orders"))
        yield Step(reverse("prolong", kwargs={"number": number}), _("Change the expiry of orders"))


def _papers_due(viewer: Viewer, case: str, feedbacks: list[Feedback]) -> list[str]:
    """Return the feedbacks of parties without a system whose paper after a call has not come yet."""
    far = {code for code, party in parties.names({one.party for one in feedbacks}).items() if party.remote}
    owed = ledger.open_duties(viewer, case=case).filter(expects="paper.supplied", owes__in=far)
    waiting = {(duty.owes, duty.scope.get("notice")) for duty in owed}
    return [one.number for one in feedbacks if (one.party, one.notice) in waiting]


def _results_owed(viewer: Viewer, case: str) -> list[str]:
    """Return the feedbacks whose result was told by phone or mail and whose paper the viewer still owes."""
    owed = ledger.own_duties(viewer).filter(case=case, expects="paper.supplied")
    return [duty.scope["feedback"] for duty in owed if "feedback" in duty.scope]


def received_by(viewer: Viewer, notice: Notice) -> set[str]:
    """Return the addressees whose receipt of a notice is entered."""
    entered = ledger.entries(viewer, case=notice.case_id, kind="notice.received")
    return {entry.party for entry in entered if entry.refs.get("notice") == notice.number}
