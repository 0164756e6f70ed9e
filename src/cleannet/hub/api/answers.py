"""Rows as the API shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cleannet.hub.disposal import effects
from cleannet.hub.disposal.batches import Batch
from cleannet.hub.disposal.effects import Effect
from cleannet.hub.disposal.queries import Feedback, Order, Sighting
from cleannet.hub.incidents import queries as cases
from cleannet.hub.incidents.queries import Case, Grading, Notice
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.queries import Duty, Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers.queries import Paper


def case(viewer: Viewer, case: Case) -> dict[str, Any]:
    """Return a case with the figures and grades the viewer may see."""
    scale = cases.scale(viewer, case)
    told = cases.grade_told(viewer, case)
    return {
        "number": case.number,
        "program": case.program,
        "status": case.status,
        "opened_at": case.opened_at,
        "grade": told.value if told else None,
        "infected_24h": scale.infected,
        "infected_24h_upper": scale.infected_upper,
        "exposed": scale.exposed,
        "loss_fen": scale.loss_fen,
        "subscribers_are_numbers": scale.numbers,
        "grades": [
            {
                "policy": one.policy,
                "grader": one.grader,
                "grade": one.grade.value,
                "article": one.article,
                "figures": one.row.facts,
                "found_at": one.row.found_at,
            }
            for one in cases.standing_grades(viewer, case)
        ],
    }


def grading(row: Grading) -> dict[str, Any]:
    """Return one grade as it was given."""
    return {
        "policy": row.policy,
        "grader": row.grader,
        "grade": row.grade,
        "article": row.article,
        "figures": row.facts,
        "found_at": row.found_at.isoformat(),
    }


def feedback(made: Feedback) -> dict[str, Any]:
    """Return one feedback as it was given."""
    names = ("number", "case", "notice", "party")
    verified = made.verified_at.isoformat() if made.verified_at else None
    given = {name: getattr(made, name) for name in names}
    return {**given, "fed_back_at": made.fed_back_at.isoformat(), "verified_at": verified}


def duty(duty: Duty, at: datetime) -> dict[str, Any]:
    """Return a duty and how it stands at `at`."""
    fields = "key policy article owes expects start due to cc unrouted case provisional unverified".split()
    return {
        **{name: getattr(duty, name) for name in fields},
        "form": duty.form or None,
        "grade": duty.grade or None,
        "state": duty.state_at(at),
        "by_claim": duty.by_claim,
    }


def entry(viewer: Viewer, entry: Entry) -> dict[str, Any]:
    """Return what an entry says."""
    fields = "id kind party role happened_at entered_at recipients".split()
    return {**{name: getattr(entry, name) for name in fields}, "facts": ledger.facts(viewer, entry)}


def paper(paper: Paper) -> dict[str, Any]:
    """Return what a paper is, without its bytes."""
    fields = "number version form case party recipients missing".split()
    moments = {"issued_at": paper.issued_at.isoformat(), "erased_at": None}
    if paper.erased_at:
        moments["erased_at"] = paper.erased_at.isoformat()
    return {"id": paper.pk, **moments, **{name: getattr(paper, name) for name in fields}}


def sighting(seen: Sighting) -> dict[str, Any]:
    """Return what was seen of an order's name from one vantage."""
    fields = "kind vantage decides verdict evidence".split()
    shown = {name: getattr(seen, name) for name in fields}
    return {"order": seen.order_id, "seen_at": seen.seen_at.isoformat(), **shown}


def batch(batch: Batch) -> dict[str, Any]:
    """Return a batch of drafted orders."""
    fields = "number case grade status again changes exempt reason notice".split()
    fields += "drafted_by decided_by countersigned_by".split()
    moments = {name: getattr(batch, name) for name in ("until", "drafted_at", "decided_at", "countersigned_at")}
    return {
        **{name: getattr(batch, name) for name in fields},
        "orders": [dict(zip(("party", "kind", "target"), one, strict=True)) for one in batch.wanted],
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
    }


def notice(notice: Notice) -> dict[str, Any]:
    """Return what a notice is, without its paper."""
    fields = "number task_number issuer addressees grade".split()
    moment = notice.issued_at.isoformat()
    return {"case": notice.case_id, "issued_at": moment, **{name: getattr(notice, name) for name in fields}}


def order(order: Order) -> dict[str, Any]:
    """Return an order and its state."""
    fields = "number case notice party kind target reach status reason".split()
    moments = {name: getattr(order, name) for name in ("issued_at", "until", "watched_from")}
    return {
        **{name: getattr(order, name) for name in fields},
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
    }


def orders_with_effects(orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Return orders, each with whether and where it is in force on the network."""
    found = effects.effects(orders)
    return [{**order(one), **_effect(found[one.number])} for one in orders]


def _effect(effect: Effect) -> dict[str, Any]:
    places = [
        {"place": one.key, "state": one.state, "at": one.at.isoformat() if one.at else None, "failure": one.failure}
        for one in effect.places
    ]
    return {"effect": effect.state, "places": places}
