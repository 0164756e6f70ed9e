"""Take in what the hub's owner knows of who holds what: whole tables, and a person's word on one name or address."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from cleannet.core import space
from cleannet.core.indicator import NotUnderstood, parse
from cleannet.core.refusal import Refusal
from cleannet.formats import route_table
from cleannet.hub.disposal.models import Override as Override
from cleannet.hub.disposal.models import Route
from cleannet.hub.disposal.models import RouteTable as RouteTable
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties

BATCH = 2000
LONGEST_IMPORT = timedelta(hours=1)
LONGEST_SOURCE = 100
MOST_TOLD = 200
PLACED = frozenset({route_table.NETWORK, route_table.HOST, route_table.DOMAIN, route_table.REGISTRY})


class RouteRefused(Refusal):
    """Say why a table, or a person's word on who disposes of something, is not taken: `route.*`."""


def take(*, actor: Actor, source: str, data: bytes, now: datetime) -> RouteTable:
    """Take a table in; it takes the place of the one its source gave before, at once and as a whole.

    Raises RouteRefused with every line that is wrong, unknown parties included; nothing is then changed.
    """
    source = source.strip()
    if not source or len(source) > LONGEST_SOURCE:
        raise RouteRefused("route.no_source", most=LONGEST_SOURCE)
    if actor.party != settings.CLEANNET_PARTY:
        raise RouteRefused("route.not_yours", party=actor.party)
    contents = route_table.read(data)
    known = parties.names({row.party for row in contents.rows})
    strangers = [(row.line, f"no party {row.party} is registered") for row in contents.rows if row.party not in known]
    wrong = sorted([*((one.line, one.sentence) for one in contents.wrong), *strangers])
    if wrong:
        said = [f"{line}: {sentence}" for line, sentence in wrong[:MOST_TOLD]]
        raise RouteRefused("route.wrong_lines", count=len(wrong), lines="; ".join(said))
    digest = hashlib.sha256(data).hexdigest()
    table = RouteTable.objects.create(
        source=source, kind=contents.kind, digest=digest, rows=len(contents.rows), imported_at=now
    )
    rows = iter(contents.rows)
    while batch := list(islice(rows, BATCH)):
        # Not current yet: nobody sees a part of a table, and no long transaction keeps others waiting.
        Route.objects.bulk_create(_routes(table, batch))
    try:
        with transaction.atomic():
            before = list(RouteTable.objects.filter(source=source, current=True).values_list("pk", flat=True))
            RouteTable.objects.filter(pk__in=before).update(current=False)
            RouteTable.objects.filter(pk=table.pk).update(current=True)
            ledger.enter(
                kind="routes.imported",
                actor=actor,
                happened_at=now,
                now=now,
                facts={"source": source, "kind": contents.kind, "rows": len(contents.rows), "digest": digest},
                **parties.standing(now=now),
            )
    except IntegrityError as error:
        table.delete()
        raise RouteRefused("route.just_imported", source=source) from error
    # What an import that was killed left behind goes, too; one that still runs is younger.
    left = RouteTable.objects.filter(source=source, current=False, imported_at__lt=now - LONGEST_IMPORT)
    (left | RouteTable.objects.filter(pk__in=before)).delete()
    table.refresh_from_db()
    return table


def override(*, viewer: Viewer, what: str, party: str, reason: str, now: datetime) -> Override:
    """Say who disposes of a name, address or network and of all below it, or (no party) that the tables decide again.

    What was said of it before is superseded and stays on record. Raises RouteRefused.
    """
    try:
        pattern = parse(what)
    except NotUnderstood as error:
        raise RouteRefused("route.not_understood", what=what, why=str(error)) from error
    if not pattern.host:
        raise RouteRefused("route.not_understood", what=what, why="neither a name nor an address nor a network")
    if not reason.strip():
        raise RouteRefused("route.no_reason", what=pattern.host)
    if party:
        parties.party(party)
    standing = Override.objects.filter(what=pattern.host, superseded_at=None)
    try:
        with transaction.atomic():
            if not standing.update(superseded_at=now) and not party:
                raise RouteRefused("route.not_overridden", what=pattern.host)
            made = Override.objects.create(
                what=pattern.host,
                party=party,
                reason=reason.strip(),
                by=viewer.party,
                person=viewer.person,
                made_at=now,
            )
            ledger.enter(
                kind="route.overridden",
                actor=parties.actor_of(viewer),
                happened_at=now,
                now=now,
                text=reason.strip(),
                facts={"what": pattern.host, "party": party},
                **parties.standing(now=now),
            )
    except IntegrityError as error:
        raise RouteRefused("route.just_overridden", what=pattern.host) from error
    return made


def tables(viewer: Viewer) -> QuerySet[RouteTable]:
    """Return the tables that are gone by, by source."""
    return RouteTable.objects.filter(current=True).order_by("source")


def overrides(viewer: Viewer) -> QuerySet[Override]:
    """Return every word of a person, the newest first, superseded ones included."""
    return Override.objects.order_by("-made_at", "-pk")


def _routes(table: RouteTable, rows: Iterable[route_table.Row]) -> list[Route]:
    placed = table.kind in PLACED
    return [
        Route(
            table=table,
            what=row.what,
            key=space.key(row.what) if placed else b"",
            party=row.party,
            province=row.province,
            line=row.line,
        )
        for row in rows
    ]
