"""Read programs, their indicators and the releases."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from cleannet.core.indicator import parse
from cleannet.core.refusal import Refusal
from cleannet.formats import delta, envelope, release
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.programs.models import Indicator, Release
from cleannet.hub.programs.models import Program as Program


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
    rows = Indicator.objects.filter(program_id=code, withdrawn_at=None).order_by("role", "pattern")
    found = []
    for row in rows:
        pattern = parse(row.pattern)
        held = row.verdict == "hold"
        target = row.pattern if row.reach == "url" or not pattern.host else pattern.host
        found.append(Resource(row.role, row.pattern, target, pattern.host, pattern.port, row.reach, held, row.reason))
    return found


def known_below(viewer: Viewer, host: str) -> int:
    """Return how many other names and URLs are known at or below a name: what stops answering together with it."""
    patterns = Indicator.objects.filter(withdrawn_at=None, pattern__contains=host).values_list("pattern", flat=True)
    found = {pattern for pattern in patterns.distinct() if pattern != host}
    return sum(1 for pattern in found if f".{parse(pattern).host}".endswith(f".{host}"))


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
