"""To whom resources are routed, what nobody is known to hold, and what an order would reach."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from cleannet.hub.api.conventions import MOST, PROBLEMS, allowed, now, once, page, viewer_of
from cleannet.hub.disposal import queries as orders
from cleannet.hub.disposal import radius, routing, tables
from cleannet.hub.disposal.radius import Radius
from cleannet.hub.disposal.routing import Routed
from cleannet.hub.disposal.tables import Override, RouteTable
from cleannet.hub.incidents import queries as cases
from cleannet.hub.parties import queries as parties

router = Router()


class ProposalOut(Schema):
    party: str
    part: str
    why: str
    province: str
    evidence: dict[str, str]


class RoutedOut(Schema):
    kind: str
    target: str
    reach: str
    proposals: list[ProposalOut]
    lacking: str
    said: str


class UnroutedOut(RoutedOut):
    case: str


class UnroutedListOut(Schema):
    count: int
    items: list[UnroutedOut]
    next: str | None


class DecisionOut(Schema):
    order: str
    party: str
    proposed: bool
    why: str
    evidence: dict[str, str]
    others: list[list[str]]
    person: str
    decided_at: datetime


class KnownOut(Schema):
    program: str
    kind: str
    text: str


class ListedOut(Schema):
    text: str
    kind: str
    list: str
    line: int


class SmallerOut(Schema):
    kind: str
    target: str
    reach: str


class RadiusOut(Schema):
    target: str
    reach: str
    blocks: str
    held: bool
    reason: str
    shared: str
    listed: list[ListedOut]
    known: list[KnownOut]
    orders: list[str]
    neighbours: list[str]
    smaller: list[SmallerOut]


class TargetsIn(Schema):
    target: list[str] = []


class OverrideIn(Schema):
    what: str
    party: str
    reason: str


class OverrideOut(OverrideIn):
    id: int
    by: str
    person: str
    made_at: datetime
    superseded_at: datetime | None


class OverridesOut(Schema):
    items: list[OverrideOut]
    next: str | None


class TableIn(Schema):
    source: str
    text: str


class TableOut(Schema):
    source: str
    kind: str
    rows: int
    digest: str
    imported_at: datetime


@router.get("/cases/{number}/routes", response={200: list[RoutedOut], **PROBLEMS})
@allowed("order")
def list_routes(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """List what is proposed for each resource of a case: to whom, and why."""
    return [_routed(one) for one in routing.routes(viewer_of(request), number, now=now())]


@router.get("/cases/{number}/routes/decisions", response={200: list[DecisionOut], **PROBLEMS})
@allowed("order")
def list_decisions(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """List why the orders of a case went to their parties: as the hub proposed, or as a person chose."""
    viewer = viewer_of(request)
    cases.case(viewer, number)
    found = {one.number: one for one in orders.orders(viewer, case=number)}
    names = ("proposed", "why", "evidence", "others", "person", "decided_at")
    return [
        {"order": number, "party": found[number].party, **{name: getattr(row, name) for name in names}}
        for number, row in sorted(routing.decisions(viewer, found).items())
    ]


@router.get("/cases/{number}/radius", response={200: list[RadiusOut], **PROBLEMS})
@allowed("order")
def show_radius(request: HttpRequest, number: str, asked: Query[TargetsIn]) -> list[dict[str, Any]]:
    """Tell what orders on these targets would reach, before any is issued; without a target, on all of the case."""
    viewer = viewer_of(request)
    targets = asked.target or [one.resource.target for one in routing.routes(viewer, number, now=now())]
    return [_radius(one) for one in radius.radii(viewer, number, targets, now=now())]


@router.get("/routes/unrouted", response={200: UnroutedListOut, **PROBLEMS})
@allowed("order")
def list_unrouted(request: HttpRequest, after: int = 0, limit: int = 100) -> dict[str, Any]:
    """List the resources of open cases that nobody is known to hold, from the place `after` on."""
    found = routing.unrouted(viewer_of(request))
    until = max(after, 0) + max(1, min(limit, MOST))
    items = [{"case": one.case, **_routed(one.routed)} for one in found[max(after, 0) : until]]
    return {"count": len(found), "items": items, "next": str(until) if until < len(found) else None}


@router.get("/routes/overrides", response={200: OverridesOut, **PROBLEMS})
@allowed("order")
def list_overrides(request: HttpRequest, after: int = 0, limit: int = 100) -> dict[str, Any]:
    """List what people said of who disposes, superseded words included."""
    rows, following = page(tables.overrides(viewer_of(request)), by="pk", after=str(after), limit=limit)
    return {"items": [_override(row) for row in rows], "next": following}


@router.post("/routes/overrides", response={201: OverrideOut, **PROBLEMS})
@allowed("order")
@once
def override(request: HttpRequest, body: OverrideIn) -> Status[Any]:
    """Say who disposes of a name, address or network and all below it; with no party the tables decide again."""
    made = tables.override(viewer=viewer_of(request), now=now(), **body.dict())
    return Status(201, {**_override(made), "made_at": made.made_at.isoformat()})


@router.get("/routes/tables", response={200: list[TableOut], **PROBLEMS})
@allowed("order")
def list_tables(request: HttpRequest) -> list[dict[str, Any]]:
    """List the tables that are gone by; a hub holds a handful."""
    return [_table(row) for row in tables.tables(viewer_of(request))]


@router.post("/routes/tables", response={201: TableOut, **PROBLEMS})
@allowed("administer")
@once
def import_table(request: HttpRequest, body: TableIn) -> Status[Any]:
    """Take in a table as CSV text; it takes the place of the one its source gave before. All errors come at once."""
    actor = parties.actor_of(viewer_of(request))
    made = tables.take(actor=actor, source=body.source, data=body.text.encode(), now=now())
    return Status(201, {**_table(made), "imported_at": made.imported_at.isoformat()})


def _routed(one: Routed) -> dict[str, Any]:
    names = ("party", "part", "why", "province", "evidence")
    return {
        **{name: getattr(one.resource, name) for name in ("kind", "target", "reach")},
        "proposals": [{name: getattr(to, name) for name in names} for to in one.proposals],
        "lacking": one.lacking,
        "said": one.said,
    }


def _radius(one: Radius) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("target", "reach", "blocks", "shared", "neighbours")},
        "held": one.decision.holds,
        "reason": one.decision.reason,
        "listed": [{name: getattr(row, name) for name in ("text", "kind", "list", "line")} for row in one.listed],
        "known": [{"program": row.program, "kind": row.resource.kind, "text": row.resource.text} for row in one.known],
        "orders": [row.number for row in one.orders],
        "smaller": [{name: getattr(row, name) for name in ("kind", "target", "reach")} for row in one.smaller],
    }


def _override(row: Override) -> dict[str, Any]:
    names = ("id", "what", "party", "reason", "by", "person", "made_at", "superseded_at")
    return {name: getattr(row, name) for name in names}


def _table(row: RouteTable) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("source", "kind", "rows", "digest", "imported_at")}
