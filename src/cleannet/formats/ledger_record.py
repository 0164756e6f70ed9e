"""Say what the bytes of a ledger entry hold, and which stored columns follow from them.

An entry's body is canonical JSON (version 1) with exactly the members of `MEMBERS`; moments are UTC text with
microseconds. Everything else stored about an entry is a projection of its body, which anyone can derive again.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cleannet.core.duty import Duty
from cleannet.core.entry import EntryFacts
from cleannet.formats import canonical

VERSION = 1
MEMBERS = frozenset(
    "v id kind role party person happened_at found_at received_at changed_at entered_at claimed refs grades recipients "
    "medium confirmed_by urgent on_behalf_of province form key salt text facts blobs arises meets voids".split()
)
COLUMNS = ("id", "kind", "role", "party", "case", "province", "addressed", "happened_at", "entered_at", "key", "digest")
_SEPARATOR = "|"


def stamp(moment: datetime) -> str:
    """Return an aware moment as UTC text with microseconds, such as 2026-11-22T08:00:00.000000Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime:
    """Return the moment `stamp` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of exact bytes in hexadecimal."""
    return sha256(data).hexdigest()


def body(
    entry: EntryFacts,
    *,
    id: str,
    person: str,
    entered_at: datetime,
    claimed: Collection[str],
    key: str,
    salt: str,
    text: str,
    facts: Mapping[str, object],
    blobs: Collection[str],
    arises: Collection[Duty],
    meets: Collection[str],
    voids: Collection[str],
) -> bytes:
    """Return the canonical bytes of one entry; raise TypeError where `facts` hold what has no canonical form.

    `salt` is random: without it, whoever sees an entry's public hash and all but its figures could guess them.
    """
    return canonical.encode(
        {
            "v": VERSION,
            "id": id,
            "kind": entry.kind,
            "role": entry.role,
            "party": entry.party,
            "person": person,
            "happened_at": stamp(entry.happened_at),
            "found_at": _stamp_or_none(entry.found_at),
            "received_at": _stamp_or_none(entry.received_at),
            "changed_at": _stamp_or_none(entry.changed_at),
            "entered_at": stamp(entered_at),
            "claimed": sorted(claimed),
            "refs": dict(entry.refs),
            "grades": {law: grade.value for law, grade in entry.grades.items()},
            "recipients": sorted(entry.recipients),
            "medium": entry.medium,
            "confirmed_by": sorted(entry.confirmed_by),
            "urgent": entry.urgent,
            "on_behalf_of": entry.on_behalf_of,
            "province": entry.province,
            "form": entry.form,
            "key": key,
            "salt": salt,
            "text": text,
            "facts": dict(facts),
            "blobs": list(blobs),
            "arises": [duty_record(duty) for duty in arises],
            "meets": sorted(meets),
            "voids": sorted(voids),
        }
    )


def duty_record(duty: Duty) -> dict[str, Any]:
    """Return what an entry's body says of a duty it gives rise to."""
    return {
        "key": duty.key,
        "policy": duty.policy,
        "digest": duty.digest,
        "rule": duty.rule,
        "article": duty.article,
        "owes": duty.owes,
        "role": duty.role,
        "expects": duty.expects,
        "start": stamp(duty.start),
        "due": _stamp_or_none(duty.due),
        "to": list(duty.to),
        "cc": list(duty.cc),
        "unrouted": list(duty.unrouted),
        "form": duty.form,
        "grade": duty.grade,
        "scope": dict(duty.scope),
        "delegate": duty.delegate,
        "first_notice": list(duty.first_notice),
        "through": list(duty.through),
        "provisional": duty.provisional,
        "unverified": duty.unverified,
        "province": duty.province,
    }


def parse(data: bytes) -> dict[str, Any]:
    """Return the members of an entry's body; raise canonical.NotCanonical where it is none of version 1."""
    value = canonical.decode(data)
    if not isinstance(value, dict) or set(value) != MEMBERS or value["v"] != VERSION:
        raise canonical.NotCanonical(f"not the body of an entry of version {VERSION}")
    return value


def projected(data: bytes) -> dict[str, str | None]:
    """Return every stored column of an entry, as text, from its body; raise canonical.NotCanonical as `parse` does."""
    value = parse(data)
    return {
        "id": value["id"],
        "kind": value["kind"],
        "role": value["role"],
        "party": value["party"],
        "case": value["refs"].get("case", ""),
        "province": value["province"],
        "addressed": addressed(value["recipients"]),
        "happened_at": value["happened_at"],
        "entered_at": value["entered_at"],
        "key": value["key"] or None,
        "digest": digest_of(data),
    }


def addressed(parties: Collection[str]) -> str:
    """Return party codes as one text in which `|code|` finds a code; raise ValueError for a code with | or blanks."""
    for code in parties:
        if not code or _SEPARATOR in code or code != "".join(code.split()):
            raise ValueError(f"“{code}” is not a party code")
    return _SEPARATOR + _SEPARATOR.join(sorted(parties)) + _SEPARATOR if parties else ""


def codes(text: str) -> tuple[str, ...]:
    """Return the party codes of a text written by `addressed`, sorted."""
    return tuple(code for code in text.split(_SEPARATOR) if code)


def _stamp_or_none(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)
