"""Feed back, look and verify: three acts of their own, by different people; none follows from another by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from cleannet.core.terms import Grade
from cleannet.hub.disposal import contents, network, queries, steps
from cleannet.hub.disposal.models import Feedback, Order, Sighting
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.grading import standing
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.parties import queries as parties

AWAITED = frozenset({"issued", "acknowledged", "not_done"})


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
) -> Feedback:
    """Feed back on 附件五 what was done under a notice and why the rest was not (545号 十一(四)).

    Every order of the party under the notice that is not done yet has its item; what was not done has a reason. “Not
    done, because …” is on time, stays open and may be fed back again. CNCERT has received it (接到) the moment it
    stands in its inbox.
    """
    found = cases.notice(viewer, notice)
    cases.open_case(viewer, found.case_id)
    if viewer.party not in found.addressees:
        raise OrderRefused("feedback.not_addressed", notice=notice, party=viewer.party)
    if users_told is not None and viewer.role != "operator":
        raise OrderRefused("feedback.no_users", party=viewer.party)
    own = {order.number: order for order in queries.orders(viewer, case=found.case_id) if order.notice == notice}
    own = {number: order for number, order in own.items() if order.party == viewer.party and order.status in AWAITED}
    earlier = Feedback.objects.filter(notice=notice, party=viewer.party).count()
    if earlier and not own:
        raise OrderRefused("feedback.given_already", notice=notice, party=viewer.party)
    _check_items(own, items)
    number = f"{notice}-F{earlier + 1}-{viewer.party}"
    stated = [{"order": item.order, "done": item.done, "reason": item.reason.strip()} for item in items]
    feedback = Feedback(
        number=number,
        case=found.case_id,
        notice=notice,
        party=viewer.party,
        person=viewer.person,
        items=stated,
        users_told=users_told,
        disposed_at=disposed_at,
        fed_back_at=now,
    )
    context = standing(found.case, now, disposer=viewer.party, seats=[viewer.province])
    centre = context["participants"].of("cncert")
    law = cases.law_of(found.case, found.policy)
    written = contents.annex5(viewer, found, feedback, own, to=centre)
    values = papers.changed(law.forms["annex5"], written, changes or {}, role="")
    prepared = papers.prepare(policy=law, form="annex5", values=values, at=now)
    grades = {found.policy: Grade(found.grade)}
    refs = {"case": found.case_id, "notice": notice, "feedback": number}
    actor = parties.actor_of(viewer)
    with transaction.atomic():
        _insert(feedback)
        for item in items:
            step = "feed_back_done" if item.done else "feed_back_not_done"
            steps.take(own[item.order], step, reason=item.reason.strip())
        if items and all(item.done for item in items):
            done = [item.order for item in items if item.done]
            _act("disposal.done", actor, refs, grades, disposed_at, now, context, facts={"orders": done})
        if users_told:
            _act("user.warned", actor, refs, grades, disposed_at, now, context, facts={"told": users_told})
        entry = ledger.enter(
            kind="disposal.fed_back",
            actor=actor,
            happened_at=now,
            now=now,
            refs=refs,
            grades=grades,
            recipients=centre,
            province=viewer.province,
            form="annex5",
            facts={"items": stated, "users_told": users_told, "missing": prepared.missing},
            blobs=prepared.blobs,
            **context,
        )
        papers.issue(
            prepared=prepared,
            number=number,
            case=found.case_id,
            party=viewer.party,
            recipients=centre,
            entry=entry.id,
        )
        for code in centre:
            ledger.enter(
                kind="feedback.received",
                actor=Actor(code, "cncert"),
                happened_at=now,
                now=now,
                received_at=now,
                refs=refs,
                grades=grades,
                province=viewer.province,
                key=f"received:{number}:{code}",
                **context,
            )
    return feedback


def look(*, viewer: Viewer, case: str, now: datetime) -> list[Sighting]:
    """Look from every vantage whether the names of a case are still answered, and keep what was seen."""
    found = [order for order in queries.orders(viewer, case=case) if order.status in ("done", "not_done", "failed")]
    seen = []
    for order in found:
        for answer in network.look(order.host, timeout=settings.CLEANNET_DNS_SECONDS):
            seen.append(
                Sighting(
                    order=order,
                    vantage=answer.vantage,
                    verdict=answer.verdict,
                    evidence=dict(answer.evidence),
                    seen_at=now,
                )
            )
    if not seen:
        raise OrderRefused("order.nothing_to_look_at" if not found else "order.no_vantage", case=case)
    return Sighting.objects.bulk_create(seen)


def verify(*, viewer: Viewer, feedback: str, now: datetime) -> Mapping[str, str]:
    """Answer a feedback with what was seen since it came (545号 十一(五)) and return the verdict of each order.

    Raises OrderRefused while an order was not looked at since, or an answer is unknown: nothing is told that nobody
    saw. A person does not verify what he fed back himself.
    """
    found = queries.feedback(viewer, feedback)
    cases.open_case(viewer, found.case)
    if not viewer.person or viewer.person == found.person or (viewer.party == found.party and not found.person):
        raise OrderRefused("order.two_persons", feedback=feedback)
    own = {order.number: order for order in queries.orders(viewer, case=found.case) if order.notice == found.notice}
    named = {item["order"] for item in found.items}
    own = {number: order for number, order in own.items() if number in named}
    if not own:
        raise OrderRefused("order.nothing_to_look_at", case=found.case)
    verdicts = {number: queries.verdict(order, since=found.fed_back_at) for number, order in own.items()}
    unsure = sorted(own[number].host for number, verdict in verdicts.items() if verdict not in ("gone", "still_there"))
    if unsure:
        raise OrderRefused("order.unknown_yet", feedback=feedback, hosts=unsure)
    notice = cases.notice(viewer, found.notice)
    context = standing(notice.case, now, disposer=found.party)
    participants = context["participants"]
    to = sorted({*participants.of("miit"), *participants.of("bureau:relevant"), found.party})
    written = contents.verified(found, own, verdicts, now)
    prepared = papers.prepare(policy=cases.law_of(notice.case, notice.policy), form="annex5", values=written, at=now)
    with transaction.atomic():
        if Feedback.objects.filter(pk=feedback, verified_at=None).update(verified_at=now) != 1:
            raise OrderRefused("feedback.verified_already", feedback=feedback)
        for number, verdict in verdicts.items():
            steps.take(own[number], f"verify_{verdict}")
        entry = ledger.enter(
            kind="disposal.verified",
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs={"case": found.case, "notice": found.notice, "feedback": feedback},
            grades={notice.policy: Grade(notice.grade)},
            recipients=to,
            form="annex5",
            facts={"verdicts": verdicts},
            blobs=prepared.blobs,
            **context,
        )
        papers.issue(
            prepared=prepared, number=feedback, case=found.case, party=viewer.party, recipients=to, entry=entry.id
        )
    return {own[number].host: verdict for number, verdict in verdicts.items()}


def _insert(feedback: Feedback) -> None:
    try:
        with transaction.atomic():
            feedback.save(force_insert=True)
    except IntegrityError as error:
        # The same party fed back on the same notice at the same moment.
        raise OrderRefused("feedback.given_already", notice=feedback.notice, party=feedback.party) from error


def _act(
    kind: str,
    actor: Actor,
    refs: Mapping[str, str],
    grades: Mapping[str, Grade],
    happened_at: datetime,
    now: datetime,
    context: parties.Standing,
    facts: Mapping[str, object],
) -> None:
    ledger.enter(
        kind=kind, actor=actor, happened_at=happened_at, now=now, refs=refs, grades=grades, facts=facts, **context
    )


def _check_items(own: Mapping[str, Order], items: Sequence[Done]) -> None:
    given = [item.order for item in items]
    if sorted(given) != sorted(own):
        raise OrderRefused("feedback.not_every_order", wanted=sorted(own), given=sorted(given))
    silent = [item.order for item in items if not item.done and not item.reason.strip()]
    if silent:
        raise OrderRefused("feedback.reason_missing", orders=silent)
