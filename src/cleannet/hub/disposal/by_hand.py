"""Record by hand, as CNCERT, what a party without a system fed back on paper, by mail or telephone."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from cleannet.core.terms import Grade
from cleannet.hub.disposal import feedback as feedbacks
from cleannet.hub.disposal import queries
from cleannet.hub.disposal.feedback import Done
from cleannet.hub.disposal.models import Feedback
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import first
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.first import Told
from cleannet.hub.incidents.grading import locked, standing
from cleannet.hub.incidents.queries import Notice
from cleannet.hub.incidents.receipts import feedback_received
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties

MEDIA = ("paper", *first.MEDIA)


def remote(viewer: Viewer, notice: Notice) -> list[Viewer]:
    """Return, as who they would look, the addressees of a notice without a system that still owe feedback."""
    found = [party for party in parties.names(notice.addressees).values() if party.remote]
    there = [Viewer(party.code, party.role, party.province) for party in sorted(found, key=lambda one: one.code)]
    return [one for one in there if feedbacks.awaited(one, notice)]


def record(
    *,
    viewer: Viewer,
    notice: str,
    party: str,
    items: Sequence[Done],
    users_told: int | None,
    disposed_at: datetime,
    received_at: datetime,
    medium: str,
    now: datetime,
) -> Feedback:
    """Record a remote party's feedback as received at `received_at`, which starts CNCERT's clock (545号 十一(四)).

    By mail or telephone it counts because CNCERT itself records, and so confirms, it; the paper stays owed (十五).
    """
    found = cases.notice(viewer, notice)
    there = next((one for one in remote(viewer, found) if one.party == party), None)
    if there is None:
        raise OrderRefused("feedback.not_remote", notice=notice, party=party)
    if medium not in MEDIA:
        raise OrderRefused("feedback.no_medium", medium=medium)
    made = feedbacks.drafted(there, found, items, users_told, disposed_at, received_at, now)
    by_call = medium in first.MEDIA
    how = Told(happened_at=received_at, medium=medium, urgent=by_call, text="")
    with transaction.atomic():
        entry = feedbacks.write(there, found, made, items, how, now, confirmed_by=[viewer.party] if by_call else [])
        feedback_received(
            found.case, disposer=party, refs=entry.refs, grades=entry.grades, received_at=received_at, now=now
        )
    return made


def record_paper(*, viewer: Viewer, feedback: str, received_at: datetime, now: datetime) -> None:
    """Record that the paper (附件五) came that a remote party owed after its call (545号 十五)."""
    given = queries.feedback(viewer, feedback)
    party = parties.party(given.party)
    if not party.remote:
        raise OrderRefused("feedback.not_remote", notice=given.notice, party=given.party)
    found = cases.notice(viewer, given.notice)
    if received_at < given.fed_back_at:
        raise OrderRefused("feedback.paper_before_it", feedback=feedback, at=given.fed_back_at)
    with transaction.atomic():
        locked(given.case)
        owed = ledger_queries.open_duties(viewer, case=given.case).filter(expects="paper.supplied", owes=given.party)
        if not any(duty.scope.get("notice") == given.notice for duty in owed):
            raise OrderRefused("order.no_paper_owed", feedback=feedback)
        ledger.enter(
            kind="paper.supplied",
            actor=Actor(party.code, party.role),
            happened_at=received_at,
            now=now,
            refs={"case": given.case, "notice": given.notice, "feedback": feedback},
            grades={found.policy: Grade(found.grade)},
            recipients=[viewer.party],
            medium="paper",
            province=party.province,
            form=feedbacks.FORM,
            **standing(found.case, now, of=party.code, disposer=party.code),
        )
