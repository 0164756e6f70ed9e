"""Write and read a ledger as an export, and the signed heads in it.

An export is text of one canonical JSON object a line: first `ledger` (format version, hub, public keys, whether it is
complete), then policy texts, entries, seals (with a proof each), heads and duties as they are stored. Whoever has it
and trusts a key needs neither the hub nor its database: see formats.ledger_verification.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cleannet.formats import canonical, envelope, ledger_record

VERSION = 1
RECORDS = ("policy", "entry", "seal", "head", "duty")
Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """Say what is wrong: in which record, of which name, in which field."""

    record: str
    name: str
    field: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.record} {self.name}, {self.field}: {self.sentence}"

    def as_json(self) -> dict[str, str]:
        """Return the finding as plain values."""
        return {"record": self.record, "name": self.name, "field": self.field, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class SignedHead:
    """Hold what a head's signature covers."""

    hub: str
    size: int
    root: bytes
    at: datetime


def head_payload(hub: str, size: int, root: bytes, at: datetime) -> bytes:
    """Return the exact bytes a head signs."""
    return canonical.encode({"v": 1, "hub": hub, "size": size, "root": root.hex(), "at": ledger_record.stamp(at)})


def read_head(signed: bytes, keys: Mapping[str, Ed25519PublicKey]) -> SignedHead:
    """Return what a signed head says; raise envelope.BadEnvelope unless one of `keys` signed exactly this."""
    payload = envelope.verify(signed, keys, "head").payload
    try:
        value = canonical.decode(payload)
        head = SignedHead(value["hub"], value["size"], bytes.fromhex(value["root"]), ledger_record.moment(value["at"]))
        if head_payload(head.hub, head.size, head.root, head.at) != payload:
            raise ValueError("unexpected members")
    except (ValueError, TypeError, KeyError) as error:
        raise envelope.BadEnvelope("malformed", f"the payload of this head is malformed: {error}") from error
    return head


@dataclass(frozen=True, slots=True)
class Export:
    """Hold what was read; the keys are the hub's own claim, the findings name lines that cannot be read."""

    keys: Mapping[str, Ed25519PublicKey]
    complete: bool
    records: list[tuple[str, Stored]]
    findings: list[Finding]


def lines(
    hub: str, keys: Mapping[str, Ed25519PublicKey], records: Iterable[tuple[str, Stored]], *, complete: bool = True
) -> Iterator[bytes]:
    """Yield an export, line by line, newline included; one that is not complete lives by the proofs of its seals."""
    public = {name: envelope.write_public(key) for name, key in keys.items()}
    yield (
        canonical.encode({"record": "ledger", "version": VERSION, "hub": hub, "keys": public, "complete": complete})
        + b"\n"
    )
    for record, fields in records:
        yield canonical.encode({"record": record, **fields}) + b"\n"


def read(text: Iterable[bytes]) -> Export:
    """Return what an export holds, with a finding for each line that cannot be part of one."""
    complete = True
    keys: dict[str, Ed25519PublicKey] = {}
    records: list[tuple[str, Stored]] = []
    findings = []
    for number, line in enumerate(text, 1):
        try:
            if not line.endswith(b"\n"):
                raise ValueError("the line has no end")
            value = canonical.decode(line[:-1])
            record = value.pop("record")
            if number == 1:
                if record != "ledger" or value["version"] != VERSION:
                    raise ValueError(f"an export begins with its own record, of version {VERSION}")
                keys = {name: envelope.read_public(key) for name, key in value["keys"].items()}
                complete = bool(value["complete"])
            elif record not in RECORDS:
                raise ValueError(f"“{record}” is no kind of record")
            else:
                records.append((record, value))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            findings.append(Finding("line", str(number), "text", f"this line is not what was exported: {error}"))
    if not keys and not findings:
        findings.append(Finding("line", "1", "text", "the export is empty"))
    return Export(keys, complete, records, findings)


def as_bytes(text: str) -> bytes:
    """Return the bytes that `as_text` wrote."""
    return bytes.fromhex(text[4:]) if text.startswith("hex:") else text.encode("utf-8", "surrogatepass")


def as_text(data: bytes) -> str:
    """Return stored bytes as the text `verify` reads: UTF-8, or `hex:…` where they are not."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "hex:" + data.hex()
