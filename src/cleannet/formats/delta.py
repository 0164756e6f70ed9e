"""Write and apply a delta: the way from one release of the watchlist to a later one of the same audience.

The payload is canonical JSON: every member of the later release but `indicators`; `base` and `base_digest`, the number
of the release it starts from and the SHA-256 of its payload; `added`, rows as in a release; `removed`, each with
`pattern`, `program`, `role` and `counts_as`; `digest`, the SHA-256 of the payload that comes out; and the later
release's own `key` and `signature`. So what comes out is that release itself, to the byte, and is accepted like one
that came whole. It travels in an envelope of kind delta.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cleannet.formats import canonical, envelope, release
from cleannet.formats.release import ROW, Rejected, identity, in_order

KIND = "delta"
_OF_THE_WAY = ("base", "base_digest", "digest", "key", "signature", "added", "removed")


def is_envelope(data: bytes) -> bool:
    """Say whether data claims to be a delta."""
    try:
        return envelope.kind_of(data.strip()) == KIND
    except envelope.BadEnvelope:
        return False


def sign(base: bytes, later: bytes, key: Ed25519PrivateKey, key_id: str) -> bytes:
    """Return the signed way from one release to a later one; both are envelopes of the signer's own."""
    base_payload, _, _ = envelope.split(base)
    payload, later_key, signature = envelope.split(later)
    before, after = canonical.decode(base_payload), canonical.decode(payload)
    had = {identity(row): row for row in before["indicators"]}
    has = {identity(row): row for row in after.pop("indicators")}
    way = {
        "base": before["number"],
        "base_digest": _digest(base_payload),
        "digest": _digest(payload),
        "key": later_key,
        "signature": signature,
        "added": [row for known, row in has.items() if had.get(known) != row],
        "removed": [dict(zip(ROW, known, strict=False)) for known, row in had.items() if has.get(known) != row],
    }
    return envelope.sign(canonical.encode(after | way), key, key_id, KIND)


def apply(data: bytes, base: bytes, keys: Mapping[str, Ed25519PublicKey]) -> bytes:
    """Return the envelope of the later release, still to be accepted; `base` is the envelope of the release at hand.

    Raises Rejected: signature or malformed when nobody of `keys` (by key id) signed this delta, base when it does not
    start from that release or does not come out as it says.
    """
    try:
        way = canonical.decode(envelope.verify(data.strip(), keys, KIND).payload)
    except envelope.BadEnvelope as error:
        raise Rejected("malformed" if error.code == "malformed" else "signature", str(error)) from None
    except canonical.NotCanonical as error:
        raise Rejected("malformed", f"not a delta: {error}") from None
    base_payload, _, _ = envelope.split(base.strip())
    try:
        payload = _later(way, base_payload)
        fits = _digest(payload) == way["digest"]
        whole = envelope.join(payload, way["key"], release.KIND, way["signature"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Rejected("malformed", f"not a delta: {error}") from None
    if not fits:
        raise Rejected("base", "the delta starts from another release, or does not come out as it says")
    return whole


def _later(way: Mapping[str, Any], base_payload: bytes) -> bytes:
    header = {name: value for name, value in way.items() if name not in _OF_THE_WAY}
    if way["base_digest"] != _digest(base_payload):
        return b""
    gone = {identity(row) for row in way["removed"]}
    kept = [row for row in canonical.decode(base_payload)["indicators"] if identity(row) not in gone]
    return canonical.encode(header | {"indicators": in_order([*way["added"], *kept])})


def _digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()
