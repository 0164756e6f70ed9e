"""Write and read what hub and edge tell each other of looks from inside an operator's network, as signed payloads.

A request (kind `look`, signed by the hub) has `schema` 1, `id`, `edge` and `party` it is for, `order`, `reach` and
`target` as the order writes them, `asked_at` and `expires_at`. A result (kind `seen`, signed by the edge) has `schema`
1, `id`, `edge`, `party`, `clock` and `looks`, each with `kind`, `vantage`, `verdict` and `evidence`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cleannet.core.terms import VANTAGES, VERDICTS
from cleannet.formats import canonical
from cleannet.formats.messages import SCHEMA, BadMessage, read_object
from cleannet.formats.moments import NotAMoment, read_moment, write_moment

REQUEST, RESULT = "look", "seen"
MOST_LOOKS = 20
REACHES = frozenset({"name", "address", "url"})
MOST_EVIDENCE = 20_000
_LONGEST = {"id": 64, "edge": 64, "party": 64, "order": 80, "reach": 10, "target": 2000, "kind": 20, "vantage": 200}


@dataclass(frozen=True, slots=True)
class LookRequest:
    """Ask one edge to look at what one order names."""

    id: str
    edge: str
    party: str
    order: str
    reach: str
    target: str
    asked_at: datetime
    expires_at: datetime

    def write(self) -> bytes:
        """Return the canonical payload."""
        moments = {"asked_at": write_moment(self.asked_at), "expires_at": write_moment(self.expires_at)}
        return canonical.encode({"schema": SCHEMA, **asdict(self), **moments})


@dataclass(frozen=True, slots=True)
class Look:
    """Hold what one way of looking said at the edge; see probe.answer."""

    kind: str
    vantage: str
    verdict: str
    evidence: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LookResult:
    """Hold what an edge saw for one request."""

    id: str
    edge: str
    party: str
    clock: datetime
    looks: Sequence[Look]

    def write(self) -> bytes:
        """Return the canonical payload."""
        looks = [
            {"kind": one.kind, "vantage": one.vantage, "verdict": one.verdict, "evidence": dict(one.evidence)}
            for one in self.looks
        ]
        told = {"id": self.id, "edge": self.edge, "party": self.party, "clock": write_moment(self.clock)}
        return canonical.encode({"schema": SCHEMA, **told, "looks": looks})


def read_request(payload: bytes) -> LookRequest:
    """Return the request of a verified payload; raise BadMessage when it is none."""
    data = read_object(payload, {"id", "edge", "party", "order", "reach", "target", "asked_at", "expires_at"})
    try:
        texts = {key: _text(data, key) for key in ("id", "edge", "party", "order", "reach", "target")}
        if texts["reach"] not in REACHES:
            raise ValueError("an order reaches a name, an address or a URL")
        asked_at, expires_at = read_moment(data["asked_at"]), read_moment(data["expires_at"])
        return LookRequest(**texts, asked_at=asked_at, expires_at=expires_at)
    except (NotAMoment, ValueError, TypeError) as error:
        raise BadMessage(f"not a request to look: {error}") from None


def read_result(payload: bytes) -> LookResult:
    """Return the result of a verified payload, bounded in number and size; raise BadMessage when it is none."""
    data = read_object(payload, {"id", "edge", "party", "clock", "looks"})
    try:
        if not isinstance(data["looks"], list) or len(data["looks"]) > MOST_LOOKS:
            raise ValueError(f"at most {MOST_LOOKS} looks were expected")
        texts = {key: _text(data, key) for key in ("id", "edge", "party")}
        looks = tuple(_look(one) for one in data["looks"])
        return LookResult(**texts, clock=read_moment(data["clock"]), looks=looks)
    except (NotAMoment, ValueError, TypeError) as error:
        raise BadMessage(f"not a result of looking: {error}") from None


def _look(data: object) -> Look:
    if not isinstance(data, dict) or set(data) != {"kind", "vantage", "verdict", "evidence"}:
        raise ValueError("a look has kind, vantage, verdict and evidence")
    if data["kind"] not in VANTAGES or data["verdict"] not in VERDICTS:
        raise ValueError("a look of an unknown kind or verdict")
    evidence = data["evidence"]
    if not isinstance(evidence, dict) or len(canonical.encode(evidence)) > MOST_EVIDENCE:
        raise ValueError(f"evidence of at most {MOST_EVIDENCE} bytes was expected")
    return Look(data["kind"], _text(data, "vantage"), data["verdict"], evidence)


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str) or not value or len(value) > _LONGEST[key]:
        raise ValueError(f"{key} must be a text of at most {_LONGEST[key]} characters")
    return value
