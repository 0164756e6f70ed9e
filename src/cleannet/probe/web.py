"""Ask a web server for a URL: who asks says so, and redirects, bytes and time are bounded."""

import hashlib
import http.client
import io
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from cleannet.core.indicator import host_of, target_of
from cleannet.probe.answer import GONE, HTTP, STILL_THERE, UNKNOWN, Answer, unknown
from cleannet.probe.connection import InvalidCertificate, NoHandshake, certificate, secure
from cleannet.probe.egress import Broken, Egress, NoAnswer, NotAsked, Nowhere, TurnedAway, hang_up, receive, told
from cleannet.probe.target import PORTS, Place, Target

MOST_REDIRECTS = 5
MOST_BYTES = 65536
# An edge's evidence has to fit into a message; the order itself tells its whole URL.
MOST_SHOWN = 300
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410, 451})
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.:-]{0,251}[a-z0-9_])?")


class NotFetched(Exception):
    """Say why a URL gave no answer to judge by its status, what that says by itself, and what was shown until then.

    `spoken` is False where what listens there does not speak the scheme.
    """

    def __init__(
        self, sentence: str, verdict: str = UNKNOWN, shown: Mapping[str, object] | None = None, spoken: bool = True
    ) -> None:
        super().__init__(sentence)
        self.verdict, self.shown, self.spoken = verdict, dict(shown or {}), spoken


@dataclass(frozen=True, slots=True)
class Page:
    """Hold what a URL led to: the last place, its status, the first bytes, and the way there."""

    place: Place
    status: int
    body: bytes
    whole: bool
    way: tuple[str, ...]
    shown: Mapping[str, object]


def look(egress: Egress, target: Target) -> Answer:
    """Ask for a target by each scheme it may have.

    Still there means that one answers with success on the host itself; gone, that every one says itself, without a
    redirect, 404, 410 or 451, or has nobody listening, or that the host has no address. A redirect to another host may
    be a warning page: unknown. On a port that is written, a scheme that is not spoken there says nothing.
    """
    if target.why_not:
        return unknown(HTTP, egress.name, target.why_not)
    verdicts: set[str] = set()
    asked = []
    for place in target.places():
        verdict, spoken, evidence = _judge(egress, place)
        asked.append({"url": place.text[:MOST_SHOWN], "verdict": verdict, **evidence})
        if spoken or not target.port:
            verdicts.add(verdict)
        if verdict == STILL_THERE:
            break
    verdict = STILL_THERE if STILL_THERE in verdicts else GONE if verdicts == {GONE} else UNKNOWN
    return Answer(HTTP, egress.name, verdict, {"agent": egress.agent, "answers": asked})


def fetch(egress: Egress, place: Place, *, most: int = MOST_BYTES, accept: str = "*/*") -> Page:
    """Return what a URL leads to within the time of one look; raise NotFetched.

    Each redirect is judged like the first host: resolved, refused where it points inside or wants not to be asked.
    """
    until, way = egress.until(), [place.text[:MOST_SHOWN]]
    while True:
        try:
            status, headers, body, whole, shown = _ask(egress, place, most, accept, until)
        except NotFetched as error:
            if len(way) == 1:
                raise
            # The first host is there, whatever became of the one it sends to.
            raise NotFetched(f"it redirects, and then: {error}", shown={**error.shown, "way": way}) from None
        if status not in _REDIRECTS or not headers.get("location"):
            return Page(place, status, body, whole, tuple(way), shown)
        if len(way) > MOST_REDIRECTS:
            raise NotFetched(f"it redirects for ever: {MOST_REDIRECTS} redirects were followed", shown={"way": way})
        place = _followed(place, headers["location"])
        way.append(place.text[:MOST_SHOWN])


def _judge(egress: Egress, place: Place) -> tuple[str, bool, dict[str, object]]:
    """Return the verdict on one URL, whether its scheme is spoken there, and the evidence."""
    try:
        page = fetch(egress, place)
    except NotFetched as error:
        return error.verdict, error.spoken, {"why": str(error), **error.shown}
    evidence: dict[str, object] = {
        "status": page.status,
        "sha256": hashlib.sha256(page.body).hexdigest(),
        "bytes": len(page.body),
        "whole": page.whole,
        **page.shown,
    }
    if len(page.way) > 1:
        evidence["way"] = list(page.way)
    verdict, why = _of_page(page, place)
    # Servers of https say 400 to whoever comes without a handshake.
    spoken = len(page.way) > 1 or (place.scheme, page.status) != ("http", 400)
    return verdict, spoken, evidence | {"why": why}


def _of_page(page: Page, asked: Place) -> tuple[str, str]:
    if page.place.host != asked.host:
        return UNKNOWN, f"it leads to {page.place.host}; a person has to see whether that warns"
    if page.status in _GONE:
        led = " after a redirect, which says neither" if len(page.way) > 1 else ""
        return UNKNOWN if led else GONE, f"it answers {page.status}{led}"
    if not 200 <= page.status < 300:
        return UNKNOWN, f"it answers {page.status}, which says neither"
    read = "" if page.whole else f"; only the first {len(page.body)} bytes were read"
    return STILL_THERE, f"it answers {page.status}{read}"


def _ask(
    egress: Egress, place: Place, most: int, accept: str, until: float
) -> tuple[int, http.client.HTTPMessage, bytes, bool, Mapping[str, object]]:
    shown: Mapping[str, object] = {}
    try:
        connection: socket.socket
        if place.scheme == "https":
            connection = secured = secure(egress, place.host, place.port, until)
            shown = certificate(secured)
        else:
            connection = egress.reach(place.host, place.port, until)
    except InvalidCertificate as error:
        raise NotFetched(str(error), shown=error.shown) from None
    except (Nowhere, TurnedAway) as error:
        raise NotFetched(str(error), GONE) from None
    except (NotAsked, NoAnswer, TimeoutError) as error:
        raise NotFetched(str(error), spoken=not isinstance(error, NoHandshake)) from None
    try:
        connection.sendall(_request(place, egress.agent, accept))
        data, ended = receive(connection, most, until)
    except OSError as error:
        raise NotFetched(f"the connection broke: {told(error)}", shown=shown, spoken=False) from None
    except Broken as error:
        raise NotFetched(str(error), shown=shown, spoken=False) from None
    except NoAnswer as error:
        raise NotFetched(str(error), shown=shown) from None
    finally:
        hang_up(connection)
    status, headers, body, whole = _understood(data, ended)
    return status, headers, body, whole, shown


def _request(place: Place, agent: str, accept: str) -> bytes:
    lines = [f"GET {place.path} HTTP/1.1", f"Host: {place.authority}", f"User-Agent: {agent}", f"Accept: {accept}"]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("ascii", "replace")


def _understood(data: bytes, ended: bool) -> tuple[int, http.client.HTTPMessage, bytes, bool]:
    """Return status, headers and body of an answer that is already here, and whether that is all of it."""
    answer = http.client.HTTPResponse(_Held(data))  # type: ignore[arg-type]  # it asks for makefile() only
    try:
        answer.begin()
        try:
            body, cut = answer.read(), False
        except http.client.IncompleteRead as error:
            body, cut = error.partial, True
    except (http.client.HTTPException, ValueError, OverflowError, OSError) as error:
        why = str(error)[:200] or type(error).__name__
        raise NotFetched(f"what it answers is no HTTP: {why}", spoken=False) from None
    return answer.status, answer.headers, body, ended and not cut


def _followed(place: Place, location: str) -> Place:
    """Return where a redirect leads; raise NotFetched where that is no place to ask."""
    try:
        parts = urlsplit(urljoin(place.text, location))
        port = parts.port
    except ValueError:
        raise NotFetched("it redirects to what is no URL") from None
    host = host_of(parts.hostname or "")
    if parts.scheme not in PORTS or not _HOST.fullmatch(host) or parts.username is not None:
        raise NotFetched("it redirects to what is not asked for: no http or https URL of a host")
    path = target_of(parts.path + (f"?{parts.query}" if parts.query else ""))
    return Place(parts.scheme, host, port or PORTS[parts.scheme], path)


class _Held:
    """Stand for a socket whose bytes were read before."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)
