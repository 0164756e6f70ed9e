"""Write and read what an edge sends: tally message, heartbeat and rotation, as the payloads of signed envelopes.

A tally message has `schema` 1, `edge`, `party`, `sequence` (gapless, from 1), `batch` and `revision` (a higher revision
of the same batch replaces the lower, never adds), `release`, `clock` (the edge's, when it was spooled) and `tally` (the
whole document). A heartbeat has `schema` 1, `edge`, `party`, `province`, `clock`, `sequence` (the last one spooled),
`release` and `sources`, each with `file`, `rows` and `last` (the moment of its last row, or null). A rotation has
`schema` 1, `edge`, `party`, `public_key` (the one that is to be believed too) and `clock`; the key so far signs it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cleannet.core.storable import storable
from cleannet.formats import canonical, envelope, tally
from cleannet.formats.moments import NotAMoment, read_moment, write_moment

SCHEMA = 1


class BadMessage(ValueError):
    """Say why a payload is not the message it should be."""


@dataclass(frozen=True, slots=True)
class TallyMessage:
    """Hold one tally on its way to the hub; `document` is the tally as JSON values."""

    edge: str
    party: str
    sequence: int
    batch: str
    revision: int
    release: int | None
    clock: datetime
    document: dict[str, Any]

    def write(self) -> bytes:
        """Return the canonical payload."""
        return canonical.encode(
            {
                "schema": SCHEMA,
                "edge": self.edge,
                "party": self.party,
                "sequence": self.sequence,
                "batch": self.batch,
                "revision": self.revision,
                "release": self.release,
                "clock": write_moment(self.clock),
                "tally": self.document,
            }
        )

    def tally(self) -> tally.Tally:
        """Return the checked tally; raise BadMessage when it is wrong or does not belong to this message."""
        try:
            found = tally.read(self.document)
        except tally.BadTally as error:
            raise BadMessage(str(error)) from None
        if (found.batch, found.release) != (self.batch, self.release):
            raise BadMessage("the tally is of another batch or release than the message says")
        return found


@dataclass(frozen=True, slots=True)
class CoveredSource:
    """Say what one source of logs covers: how many rows were read and the moment of the last."""

    file: str
    rows: int
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Say that an edge is alive and what it covers; silence is 无数据, never 0."""

    edge: str
    party: str
    province: str
    clock: datetime
    sequence: int
    release: int | None
    sources: tuple[CoveredSource, ...]

    def write(self) -> bytes:
        """Return the canonical payload."""
        return canonical.encode(
            {
                "schema": SCHEMA,
                "edge": self.edge,
                "party": self.party,
                "province": self.province,
                "clock": write_moment(self.clock),
                "sequence": self.sequence,
                "release": self.release,
                "sources": [
                    {
                        "file": source.file,
                        "rows": source.rows,
                        "last": None if source.last is None else write_moment(source.last),
                    }
                    for source in self.sources
                ],
            }
        )


@dataclass(frozen=True, slots=True)
class Rotation:
    """Say which key an edge will sign with from now on; `public_key` as envelope.write_public writes it."""

    edge: str
    party: str
    public_key: str
    clock: datetime

    def write(self) -> bytes:
        """Return the canonical payload."""
        return canonical.encode(
            {
                "schema": SCHEMA,
                "edge": self.edge,
                "party": self.party,
                "public_key": self.public_key,
                "clock": write_moment(self.clock),
            }
        )


def read_tally(payload: bytes) -> TallyMessage:
    """Return the tally message of a verified payload, its document unchecked; raise BadMessage when it is none."""
    data = read_object(payload, {"edge", "party", "sequence", "batch", "revision", "release", "clock", "tally"})
    try:
        message = TallyMessage(
            _text(data["edge"]),
            _text(data["party"]),
            _whole(data["sequence"], 1),
            _text(data["batch"]),
            _whole(data["revision"], 1),
            None if data["release"] is None else _whole(data["release"], 1),
            read_moment(data["clock"]),
            data["tally"],
        )
    except (NotAMoment, ValueError) as error:
        raise BadMessage(f"not a tally message: {error}") from None
    if not isinstance(message.document, dict):
        raise BadMessage("not a tally message: the tally is missing")
    return message


def read_heartbeat(payload: bytes) -> Heartbeat:
    """Return the heartbeat of a verified payload; raise BadMessage when it is none."""
    data = read_object(payload, {"edge", "party", "province", "clock", "sequence", "release", "sources"})
    try:
        return Heartbeat(
            _text(data["edge"]),
            _text(data["party"]),
            _text(data["province"], empty=True),
            read_moment(data["clock"]),
            _whole(data["sequence"], 0),
            None if data["release"] is None else _whole(data["release"], 1),
            tuple(
                CoveredSource(
                    _text(source["file"]),
                    _whole(source["rows"], 0),
                    None if source["last"] is None else read_moment(source["last"]),
                )
                for source in data["sources"]
            ),
        )
    except (NotAMoment, ValueError, TypeError, KeyError) as error:
        raise BadMessage(f"not a heartbeat: {error}") from None


def read_rotation(payload: bytes) -> Rotation:
    """Return the rotation of a verified payload; raise BadMessage when it is none."""
    data = read_object(payload, {"edge", "party", "public_key", "clock"})
    try:
        public = envelope.write_public(envelope.read_public(_text(data["public_key"])))
        return Rotation(_text(data["edge"]), _text(data["party"]), public, read_moment(data["clock"]))
    except (NotAMoment, ValueError) as error:
        raise BadMessage(f"not a rotation: {error}") from None


def read_object(payload: bytes, members: set[str]) -> dict[str, Any]:
    """Return the object of a verified payload of this schema, which has just these members; raise BadMessage."""
    try:
        data = canonical.decode(payload)
    except canonical.NotCanonical as error:
        raise BadMessage(str(error)) from None
    if not isinstance(data, dict) or set(data) != members | {"schema"}:
        raise BadMessage(f"the members of this message must be schema, {', '.join(sorted(members))}")
    if data["schema"] != SCHEMA:
        raise BadMessage(f"this program reads messages of schema {SCHEMA}")
    if not storable(data):
        raise BadMessage("a text of this message holds a NUL, which cannot be stored")
    return data


def _text(value: object, *, empty: bool = False) -> str:
    if not isinstance(value, str) or not (value or empty):
        raise ValueError("a text was expected")
    return value


def _whole(value: object, least: int) -> int:
    if type(value) is not int or value < least:
        raise ValueError(f"a whole number from {least} on was expected")
    return value
