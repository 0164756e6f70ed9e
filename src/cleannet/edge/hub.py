"""Speak with the hub over HTTP: send what is spooled, pull releases, say what is covered, check its ledger."""

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cleannet.core.merkle import verify_consistency
from cleannet.edge.state import State
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import canonical, envelope
from cleannet.formats.ledger_export import SignedHead, read_head
from cleannet.formats.release import Rejected

TIMEOUT = 30.0
_TALLIES, _HEARTBEATS = "/api/v1/tallies", "/api/v1/heartbeats"
_KEYS = "/api/v1/keys"
_LOOKS, _SEEN = "/api/v1/looks", "/api/v1/seen"
_RELEASE, _CONSISTENCY = "/api/v1/releases/latest", "/api/v1/ledger/consistency"


class HubAway(Exception):
    """Say that the hub could not be reached or failed; what was to be sent is kept."""


class HubRefused(Exception):
    """Say why the hub refused; what was to be sent is kept."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Say how many tallies were receipted, and which programs they name that the hub has no official name for yet."""

    tallies: int
    provisional: list[str]


class Hub:
    """Hold the way to one hub. Use as a context manager."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise WrongUse(f"“{url}” is not the address of a hub; one looks like https://hub.example")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise WrongUse("a hub on another machine is spoken to over https only, as the token would be readable")
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            follow_redirects=False,
        )

    def __enter__(self) -> "Hub":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, state: State) -> Sent:
        """Send the spooled tallies, oldest first, each kept until the hub's receipt.

        Raises HubAway or HubRefused at the first that was not; the rest waits.
        """
        keys = state.hub_keys()
        sent, provisional = 0, set[str]()
        for sequence, message in state.waiting():
            answer = self._ask("POST", _TALLIES, message, {"Idempotency-Key": str(sequence)})
            receipt = _object(answer)
            _head(receipt, keys)
            state.receipted(sequence, answer.content)
            sent += 1
            provisional |= {str(code) for code in receipt.get("provisional", ())}
        return Sent(sent, sorted(provisional))

    def heartbeat(self, state: State, clock: datetime) -> None:
        """Say that this edge is alive and what it covers."""
        self._ask("POST", _HEARTBEATS, state.heartbeat(clock))

    def rotate(self, state: State, clock: datetime) -> None:
        """Give the edge a new signing key once the hub believes it; after a failure it is asked to believe the same."""
        self._ask("POST", _KEYS, state.rotation(clock))
        state.rotate()

    def looks(self, state: State) -> list[bytes]:
        """Return the requests to look from inside that wait for this edge, as signed messages not verified yet."""
        answer = _object(self._ask("GET", f"{_LOOKS}?edge={quote(state.identity().edge)}"))
        listed = answer.get("requests")
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise HubRefused("the hub's answer lists no requests")
        return [one.encode() for one in listed]

    def seen(self, result: bytes) -> None:
        """Send what was seen for one request, signed."""
        self._ask("POST", _SEEN, result)

    def pull(self, state: State, moment: datetime) -> int | None:
        """Take the newest release, by a delta where the hub sends one, and return its number; raise release.Rejected.

        None when there is none newer. The whole release is asked for where a delta does not fit the one at hand.
        """
        try:
            return self._pull(state, state.release_number(), moment)
        except Rejected as rejected:
            if rejected.code != "base":
                raise
        return self._pull(state, 0, moment)

    def _pull(self, state: State, after: int, moment: datetime) -> int | None:
        answer = self._ask("GET", f"{_RELEASE}?after={after}")
        if answer.status_code in (httpx.codes.NO_CONTENT, httpx.codes.NOT_MODIFIED):
            return None
        return state.take_release(answer.content, moment).number

    def audit(self, state: State) -> list[str]:
        """Return every kept head that the hub's ledger does not contain any more, in words; empty when all is well."""
        keys = state.hub_keys()
        heads = [(f"the receipt of tally {sequence}", _head(receipt, keys)) for sequence, receipt in state.receipts()]
        found: list[str] = []
        for where, head in heads:
            answer = _object(self._ask("GET", f"{_CONSISTENCY}?first={head.size}"))
            now = _head(answer, keys)
            if now.size < head.size or not verify_consistency(head.size, now.size, _proof(answer), head.root, now.root):
                found.append(f"{where}: the hub's ledger no longer begins with the {head.size} entries it had then")
        return found

    def _ask(
        self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        kind = {"Content-Type": "application/json"} if content is not None else {}
        try:
            answer = self._client.request(method, path, content=content, headers={**kind, **(headers or {})})
        except httpx.HTTPError as error:
            raise HubAway(f"the hub cannot be reached: {error or type(error).__name__}") from None
        if answer.status_code >= 500:
            raise HubAway(f"the hub failed with status {answer.status_code}")
        if answer.status_code >= 400 or answer.is_redirect:
            raise HubRefused(f"the hub refused with status {answer.status_code}: {_problem(answer)}")
        return answer


def read_token(path: Path) -> str:
    """Return the token in a file; raise WrongUse when it cannot be read, others may read it, or it is empty."""
    try:
        if path.stat().st_mode & 0o077:
            raise WrongUse(f"{path} can be read by others; run: chmod 600 {path}")
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise WrongUse(f"{path}: cannot be read as a token") from None
    if not token:
        raise WrongUse(f"{path}: holds no token")
    return token


def _head(answer: Mapping[str, Any], keys: Mapping[str, Ed25519PublicKey]) -> SignedHead:
    """Return the signed head an answer carries, checked against the pinned keys."""
    head = answer.get("head")
    data = head.encode() if isinstance(head, str) else canonical.encode(head) if isinstance(head, dict) else b""
    try:
        return read_head(data, keys)
    except envelope.BadEnvelope as error:
        raise HubRefused(f"the hub's answer carries no ledger head signed with its pinned key: {error}") from None


def _proof(answer: Mapping[str, Any]) -> list[bytes]:
    try:
        return [bytes.fromhex(step) for step in answer["proof"]]
    except (KeyError, TypeError, ValueError):
        raise HubRefused("the hub's answer carries no proof") from None


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = json.loads(answer.content)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise HubRefused("the hub's answer is not a JSON object: is this the address of a hub?")
    return value


def _problem(answer: httpx.Response) -> str:
    try:
        value = json.loads(answer.content)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return " ".join(str(value[key]) for key in ("title", "detail") if value.get(key)) or "no reason given"
    return "no reason given"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
