"""Write and read a release 发布: the watchlist as the hub publishes it, numbered, dated, made per audience and signed.

The payload is canonical JSON: `schema` 1, `number`, `issuer` (party code), `audience` (operators, or one party's code),
`issued_at`, `expires_at`, `unit` (what one program counts as: name, full_name or family), `aliases` (each name that
counts as another program, with that program) and `indicators`, each with `pattern`, `program`, `role`, `counts_as`,
`source` and `line` (the list it was taken from). It travels in an envelope of kind release; see delta for the way from
one to the next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cleannet.core.indicator import Indicator, NotUnderstood, parse
from cleannet.core.terms import COUNTED, RESOURCES
from cleannet.formats import canonical, envelope
from cleannet.formats.moments import NotAMoment, read_moment, write_moment

SCHEMA = 1
UNITS = ("name", "full_name", "family")
KIND = "release"
SUFFIX = ".release"
OPERATORS = "operators"
ROW = ("pattern", "program", "role", "counts_as", "source", "line")
Row = Mapping[str, Any]


class Rejected(ValueError):
    """Say why a release is not taken.

    `code` is signature, malformed, lower_number, expired, not_yet, audience, or base (a delta that does not fit).
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Release:
    """Hold one release; moments are aware, indicators carry the list they were taken from.

    `aliases` maps a name to the program that it counts as; that program is no alias itself.
    """

    number: int
    issuer: str
    audience: str
    issued_at: datetime
    expires_at: datetime
    unit: str
    indicators: tuple[Indicator, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)


def write(release: Release) -> bytes:
    """Return the canonical payload; equal indicators are written once, in order of pattern, program and role."""
    rows = (
        (found.pattern.text, found.program, found.role, found.counts_as, found.list, found.line)
        for found in release.indicators
    )
    return canonical.encode(
        {
            "schema": SCHEMA,
            "number": release.number,
            "issuer": release.issuer,
            "audience": release.audience,
            "issued_at": write_moment(release.issued_at),
            "expires_at": write_moment(release.expires_at),
            "unit": release.unit,
            "aliases": release.aliases,
            "indicators": in_order(dict(zip(ROW, row, strict=True)) for row in sorted(rows)),
        }
    )


def identity(row: Row) -> tuple[str, ...]:
    """Return what makes two rows the same indicator: pattern, program, role and what it counts as."""
    return tuple(row[name] for name in ROW[:4])


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return rows in the one order of a release, of each indicator the first."""
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        first.setdefault(identity(row), row)
    return [first[key] for key in sorted(first)]


def sign(release: Release, key: Ed25519PrivateKey, key_id: str) -> bytes:
    """Return the signed envelope of a release."""
    return envelope.sign(write(release), key, key_id, KIND)


def is_envelope(data: bytes) -> bool:
    """Say whether a file looks like a signed message rather than a list."""
    return data.lstrip()[:12] == b'{"envelope":'


def accept(data: bytes, keys: Mapping[str, Ed25519PublicKey], moment: datetime, newest: int = 0) -> Release:
    """Return the release in an envelope signed by one of `keys` (by key id), valid at `moment` and not below `newest`.

    Raises Rejected otherwise.
    """
    try:
        payload = envelope.verify(data.strip(), keys, KIND).payload
    except envelope.BadEnvelope as error:
        raise Rejected("malformed" if error.code == "malformed" else "signature", str(error)) from None
    release = read(payload)
    if release.number < newest:
        raise Rejected("lower_number", f"release {release.number} is older than {newest}, which was already taken")
    if moment >= release.expires_at:
        raise Rejected("expired", f"release {release.number} expired at {write_moment(release.expires_at)}")
    if moment < release.issued_at:
        raise Rejected("not_yet", f"release {release.number} is dated {write_moment(release.issued_at)}, in the future")
    return release


def read(payload: bytes) -> Release:
    """Return the release of a payload whose signature was verified; raise Rejected (malformed) when it is none."""
    try:
        data = canonical.decode(payload)
        if data["schema"] != SCHEMA:
            raise Rejected("malformed", f"this release is not of schema {SCHEMA}, the one this program reads")
        number = data["number"]
        if type(number) is not int or number < 1 or data["unit"] not in UNITS:
            raise ValueError("number or unit")
        release = Release(
            number,
            _text(data["issuer"]),
            _text(data["audience"]),
            read_moment(data["issued_at"]),
            read_moment(data["expires_at"]),
            data["unit"],
            tuple(_indicator(row, position) for position, row in enumerate(data["indicators"], 1)),
            _aliases(data["aliases"]),
        )
    except Rejected:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, NotUnderstood, NotAMoment) as error:
        raise Rejected("malformed", f"not a release: {error}") from None
    return release


def _indicator(row: Row, position: int) -> Indicator:
    source, line = row["source"], row["line"]
    if row["role"] not in RESOURCES or row["counts_as"] not in COUNTED:
        raise ValueError(f"indicator {position}: its role or what it counts as")
    if not isinstance(source, str) or type(line) is not int or line < 0:
        raise ValueError(f"indicator {position}: its source or line")
    return Indicator(parse(row["pattern"]), _text(row["program"]), row["role"], row["counts_as"], source, line)


def _aliases(value: Mapping[str, Any]) -> dict[str, str]:
    aliases = {_text(alias): _text(program) for alias, program in value.items()}
    if aliases.keys() & set(aliases.values()):
        raise ValueError("an alias of an alias")
    return aliases


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text is missing")
    return value
