"""Read programs, their indicators and the releases."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db.models import Q, QuerySet

from cleannet.core import space
from cleannet.core.allow import Listed
from cleannet.core.indicator import parse
from cleannet.core.refusal import Refusal
from cleannet.formats import delta, envelope, release
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.programs.models import Allowed, Indicator, Release
from cleannet.hub.programs.models import Program as Program

MOST = 500
# How many texts, and how many ranges of keys, one question names at most.
CHUNK, RANGES = 500, 200
Found = TypeVar("Found")
Row = TypeVar("Row", Indicator, Allowed)


class NoProgram(Refusal):
    """Say that there is no such program: `program.unknown`."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Hold one 恶意资源 of a program: what it is and how far a disposal may reach (name, address, url or nothing).

    `target` is what an order names of it: the name, the address or network, or the URL as its indicator writes it.
    """

    kind: str
    text: str
    target: str
    host: str
    port: int
    reach: str
    held: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """Hold one resource with its program; a withdrawn one was known once, and orders on it may stand."""

    program: str
    resource: Resource
    withdrawn: bool


def program(viewer: Viewer, code: str) -> Program:
    """Return a program; raise NoProgram."""
    found = Program.objects.filter(code=code).first()
    if found is None:
        raise NoProgram("program.unknown", program=code)
    return found


def programs(viewer: Viewer) -> QuerySet[Program]:
    """Return all programs; what is malicious is no secret between the parties."""
    return Program.objects.order_by("code")


def unnamed(viewer: Viewer) -> QuerySet[Program]:
    """Return the programs that wait for their official name, the newest first."""
    return Program.objects.filter(provisional=True, unit=None).order_by("-added_at", "code")


def known(codes: Collection[str]) -> frozenset[str]:
    """Return those of the codes that are programs."""
    return frozenset(Program.objects.filter(code__in=set(codes)).values_list("code", flat=True))


def resources(viewer: Viewer, code: str) -> list[Resource]:
    """Return the control and distribution servers and domains known of a program, control servers first."""
    return resources_of([code])[code]


def resources_of(codes: Collection[str], *, added_before: datetime | None = None) -> dict[str, list[Resource]]:
    """Return the resources of several programs, by program; only those added before a moment where one is given."""
    found: dict[str, list[Resource]] = {code: [] for code in codes}
    rows = Indicator.objects.filter(program_id__in=found, withdrawn_at=None).order_by("role", "pattern")
    for row in rows.filter(added_at__lt=added_before) if added_before else rows:
        found[row.program_id].append(_resource(row))
    return found


def known_at(viewer: Viewer, hosts: Collection[str]) -> dict[str, list[Known]]:
    """Return by host whatever is or was known at a name, address or network or below it, of any program; MOST of each.

    Many hosts take few questions. A host of which nothing is known is left out.
    """
    found: dict[str, list[Known]] = {}
    for row in _below(Indicator.objects.order_by("key", "pattern", "program_id"), hosts):
        known = Known(row.program_id, _resource(row), row.withdrawn_at is not None)
        _put(found, space.above(known.resource.host), known)
    return {host: rows for host, rows in found.items() if host in hosts}


def allowed_around(viewer: Viewer, hosts: Collection[str]) -> dict[str, list[Listed]]:
    """Return by host what the kept allow-lists name around it, of itself, and below it, MOST of what lies below.

    Many hosts take few questions. A host around which nothing is listed is left out.
    """
    around = {host: space.above(host) for host in hosts}
    at: dict[str, list[Listed]] = {}
    for texts in _chunks({text for above in around.values() for text in above}):
        for row in Allowed.objects.filter(text__in=texts).order_by("list"):
            at.setdefault(row.text, []).append(_listed(row))
    below: dict[str, list[Listed]] = {}
    for row in _below(Allowed.objects.order_by("key", "list"), hosts):
        _put(below, space.above(row.text)[1:], _listed(row))
    made = {
        host: [*(one for text in above for one in at.get(text, ())), *below.get(host, ())]
        for host, above in around.items()
    }
    return {host: rows for host, rows in made.items() if rows}


def _below(rows: QuerySet[Row], hosts: Collection[str]) -> Iterator[Row]:
    """Return once each row that lies at or below any of the hosts, a part of the hosts at a time."""
    seen: set[int] = set()
    for part in _chunks(hosts, RANGES):
        lies = Q()
        for first, end in map(space.below, part):
            lies |= Q(key__gte=first, key__lt=end)
        for row in rows.filter(lies).iterator():
            if row.pk not in seen:
                seen.add(row.pk)
                yield row


def _chunks(texts: Collection[str], size: int = CHUNK) -> Iterator[list[str]]:
    """Return texts a part at a time: a database takes only so many in one question."""
    ordered = sorted(texts)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


def _put(found: dict[str, list[Found]], hosts: Collection[str], one: Found) -> None:
    for host in hosts:
        rows = found.setdefault(host, [])
        if len(rows) < MOST:
            rows.append(one)


def _listed(row: Allowed) -> Listed:
    return Listed(row.text, row.kind, row.list, row.line)


def latest_release(viewer: Viewer, *, now: datetime) -> Release | None:
    """Return the newest valid release for the viewer's party: its own where it has any, else the operators'."""
    valid = Release.objects.filter(expires_at__gt=now).order_by("-number")
    return valid.filter(audience=viewer.party).first() or valid.filter(audience=release.OPERATORS).first()


def release_after(viewer: Viewer, *, after: int, now: datetime) -> bytes | None:
    """Return the signed way from release `after` to the newest for the viewer's party, None when there is none newer.

    That is a delta where release `after` of the same audience is known and the delta is smaller, else the whole.
    """
    newest = latest_release(viewer, now=now)
    if newest is None or newest.number <= after:
        return None
    whole = bytes(newest.envelope)
    base = Release.objects.filter(number=after, audience=newest.audience).first()
    if base is None:
        return whole
    key = Keyring(settings.CLEANNET_DATA).signer()
    way = delta.sign(bytes(base.envelope), whole, key, envelope.key_id(key.public_key()))
    return way if len(way) < len(whole) else whole


def _resource(row: Indicator) -> Resource:
    pattern = parse(row.pattern)
    target = row.pattern if row.reach == "url" or not pattern.host else pattern.host
    return Resource(
        row.role, row.pattern, target, pattern.host, pattern.port, row.reach, row.verdict == "hold", row.reason
    )
