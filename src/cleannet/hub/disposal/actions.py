"""Order, deliver, acknowledge, feed back, look, verify, issue again: each step its own act in the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cleannet.core.refusal import Refusal
from cleannet.core.terms import VERDICTS, Grade
from cleannet.formats import rpz
from cleannet.hub.disposal import contents, network, queries, resolution, steps
from cleannet.hub.disposal.models import Delivery, Feedback, Order, Sighting
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import notices
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.grading import standing
from cleannet.hub.incidents.models import Case, Notice
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import work
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs

CHANNEL = "rpz"
MOST_DELAY = timedelta(minutes=10)


class OrderRefused(Refusal):
    """Say why an order, a feedback or a verification is not taken: `order.*`, `feedback.*`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Name one order to issue: who shall block which host, and what the host is."""

    party: str
    kind: str
    host: str


@dataclass(frozen=True, slots=True)
class Done:
    """Say of one order whether it was carried out, or why not."""

    order: str
    done: bool
    reason: str = ""


def issue(
    *,
    viewer: Viewer,
    case: str,
    wanted: Collection[Wanted],
    now: datetime,
    changes: Mapping[str, str] | None = None,
) -> list[Order]:
    """Issue a notice with its orders to block names; each is delivered to the network and owed a feedback.

    What an allow-list holds or what cannot be written into a zone is refused, and then nothing is issued.
    """
    found = cases.open_case(viewer, case)
    _check(viewer, found, wanted)
    draft = notices.Draft(
        viewer=viewer, case=case, addressees={one.party for one in wanted}, now=now, changes=changes or {}
    )
    with transaction.atomic():
        return _issue(viewer, notices.issue(draft), sorted(set(wanted), key=lambda one: (one.party, one.host)), now)


def issue_again(*, viewer: Viewer, case: str, now: datetime) -> list[Order]:
    """Issue the orders of a case that failed verification, or were not carried out, again under a further notice."""
    failed = [order for order in queries.orders(viewer, case=case) if order.status in ("failed", "not_done")]
    if not failed:
        raise OrderRefused("order.nothing_failed", case=case)
    draft = notices.Draft(viewer=viewer, case=case, addressees={order.party for order in failed}, now=now, changes={})
    with transaction.atomic():
        notice = notices.issue(draft)
        wanted = [Wanted(order.party, order.kind, order.host) for order in failed]
        made = _issue(viewer, notice, wanted, now)
        successor = {(order.party, order.host): order for order in made}
        for order in failed:
            steps.take(order, "issue_again", again=successor[order.party, order.host])
        return made


def acknowledge(*, viewer: Viewer, order: str, now: datetime) -> None:
    """Sign for an order (签收), which starts and delays no clock."""
    found = queries.own_order(viewer, order)
    with transaction.atomic():
        steps.take(found, "acknowledge")
        _enter("order.acknowledged", found, parties.actor_of(viewer), now)


def deliver(*, now: datetime, lease: timedelta) -> int:
    """Bring waiting orders to the network, one after another, and return how many arrived.

    A server that refuses or hangs leaves the delivery waiting with its last error, tried again ever later.
    """
    arrived = 0
    primary = network.primary()
    for row in work.claims(Delivery.objects.select_related("order"), now=now, lease=lease):
        try:
            if primary is None:
                raise resolution.DeliveryFailed("no primary is set; set CLEANNET_DNS_PRIMARY and its key")
            resolution.publish(primary, [row.order.host], timeout=settings.CLEANNET_DNS_SECONDS)
        except resolution.DeliveryFailed as error:
            delay = min(MOST_DELAY, timedelta(seconds=2 ** min(row.attempts, 10)))
            work.postpone(row, until=now + delay, failure=str(error))
            continue
        with transaction.atomic():
            if not work.finish(row, now=now):
                transaction.set_rollback(True)
                continue
            owner = parties.party(row.order.party)
            _enter("order.delivered", row.order, Actor(owner.code, owner.role), now, key=f"delivered:{row.key}")
        arrived += 1
    return arrived


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

    Every order of the party under the notice has its item; what was not done has a reason. “Not done, because …” is on
    time. CNCERT has received it (接到) the moment it stands in its inbox.
    """
    found = cases.notice(viewer, notice)
    own = {order.number: order for order in queries.orders(viewer, case=found.case_id) if order.notice == notice}
    own = {number: order for number, order in own.items() if order.party == viewer.party}
    _check_items(own, items)
    number = f"{notice}-F-{viewer.party}"
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
    if Feedback.objects.filter(pk=number).exists():
        raise OrderRefused("feedback.given_already", notice=notice, party=viewer.party)
    context = standing(found.case, now, disposer=viewer.party)
    centre = context["participants"].of("cncert")
    written = contents.annex5(viewer, found, feedback, own, to=centre)
    prepared = papers.prepare(
        policy=cases.law_of(found.case, found.policy), form="annex5", values={**written, **(changes or {})}, at=now
    )
    grades = {found.policy: Grade(found.grade)}
    refs = {"case": found.case_id, "notice": notice, "feedback": number}
    actor = parties.actor_of(viewer)
    with transaction.atomic():
        feedback.save(force_insert=True)
        for item in items:
            step = "feed_back_done" if item.done else "feed_back_not_done"
            steps.take(own[item.order], step, reason=item.reason.strip())
        if any(item.done for item in items):
            done = [item.order for item in items if item.done]
            _act("disposal.done", actor, refs, grades, disposed_at, now, context, facts={"orders": done})
        if users_told is not None:
            _act("user.warned", actor, refs, grades, disposed_at, now, context, facts={"told": users_told})
        entry = ledger.enter(
            kind="disposal.fed_back",
            actor=actor,
            happened_at=now,
            now=now,
            refs=refs,
            grades=grades,
            recipients=centre,
            facts={"form": "annex5", "items": stated, "users_told": users_told, "missing": prepared.missing},
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
                key=f"received:{number}",
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
    if not viewer.person or viewer.person == found.person:
        raise OrderRefused("order.two_persons", feedback=feedback)
    own = {order.number: order for order in queries.orders(viewer, case=found.case) if order.notice == found.notice}
    own = {number: order for number, order in own.items() if order.party == found.party}
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
            facts={"form": "annex5", "verdicts": verdicts},
            blobs=prepared.blobs,
            **context,
        )
        papers.issue(
            prepared=prepared, number=feedback, case=found.case, party=viewer.party, recipients=to, entry=entry.id
        )
    return {own[number].host: VERDICTS[verdict].key for number, verdict in verdicts.items()}


def close(*, viewer: Viewer, case: str, now: datetime) -> None:
    """Close a case whose orders are all verified as gone, or were issued again."""
    waiting = sorted(order.host for order in queries.orders(viewer, case=case) if order.status not in steps.FINAL)
    if waiting:
        raise OrderRefused("order.not_verified", case=case, hosts=waiting)
    incidents.close(viewer=viewer, case=case, now=now)


def _check(viewer: Viewer, case: Case, wanted: Collection[Wanted]) -> None:
    if not wanted:
        raise OrderRefused("order.nothing_wanted", case=case.number)
    resources = {one.host: one for one in programs.resources(viewer, case.program)}
    for one in wanted:
        known = resources.get(one.host)
        if known is None:
            raise OrderRefused("order.not_a_resource", host=one.host, program=case.program)
        if known.held or known.reach != "name":
            raise OrderRefused("order.held_by_allow_list", host=one.host, reason=known.reason)
        try:
            rpz.owners(one.host, settings.CLEANNET_DNS_ZONE)
        except rpz.CannotBlock as error:
            raise OrderRefused("order.cannot_block", host=one.host, why=str(error)) from error


def _issue(viewer: Viewer, notice: Notice, wanted: Sequence[Wanted], now: datetime) -> list[Order]:
    made = [
        Order(
            number=f"{notice.number}-{place:02}",
            case=notice.case_id,
            notice=notice.number,
            party=one.party,
            kind=one.kind,
            host=one.host,
            issued_at=now,
        )
        for place, one in enumerate(wanted, 1)
    ]
    Order.objects.bulk_create(made)
    Delivery.objects.bulk_create(
        Delivery(key=f"{order.number}:{CHANNEL}", ready_at=now, order=order, channel=CHANNEL) for order in made
    )
    ledger.enter(
        kind="order.issued",
        actor=parties.actor_of(viewer),
        happened_at=now,
        now=now,
        refs={"case": notice.case_id, "notice": notice.number},
        grades={notice.policy: Grade(notice.grade)},
        recipients=sorted({one.party for one in wanted}),
        facts={"orders": [[order.number, order.party, order.kind, order.host] for order in made]},
        **standing(notice.case, now),
    )
    return made


def _enter(kind: str, order: Order, actor: Actor, now: datetime, key: str = "") -> None:
    ledger.enter(
        kind=kind,
        actor=actor,
        happened_at=now,
        now=now,
        refs={"case": order.case, "notice": order.notice},
        facts={"order": order.number, "host": order.host},
        key=key,
        **parties.standing(now=now, case=order.case),
    )


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
