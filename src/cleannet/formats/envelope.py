"""Sign and verify what passes between edge and hub: Ed25519 (RFC 8032) over the kind, the key and the exact payload.

An envelope is canonical JSON with the members `envelope` (1), `kind`, `key` (the key's id), `payload` (the payload's
UTF-8 text, unchanged) and `signature` (base64). The kind and the key id are signed too, so a signature made for one
kind of message, or taken for another key's, never verifies.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cleannet.formats import canonical

VERSION = 1
KINDS = frozenset({"release", "delta", "tally", "heartbeat", "rotation", "head", "feed", "look", "seen", "tokens"})
MEMBERS = {"envelope", "kind", "key", "payload", "signature"}
_KEY_ID = re.compile(r"[0-9A-Za-z._:-]{1,64}")
_PUBLIC_PREFIX = "ed25519:"


class BadEnvelope(ValueError):
    """Say why a message is not what its sender signed; `code` is malformed, kind, unknown_key or signature."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Signed:
    """Hold a verified message: its kind, the id of the key that signed it and the exact payload bytes."""

    kind: str
    key_id: str
    payload: bytes


def signing_input(payload: bytes, key_id: str, kind: str) -> bytes:
    """Return the bytes that are signed; raise ValueError for a kind that is none of `KINDS` or a malformed key id."""
    if kind not in KINDS:
        raise ValueError(f"“{kind}” is not a kind of signed message: {', '.join(sorted(KINDS))}")
    if not _KEY_ID.fullmatch(key_id):
        raise ValueError(f"“{key_id}” is not a key id")
    return f"cleannet envelope {VERSION}\n{kind}\n{key_id}\n".encode() + payload


def sign(payload: bytes, key: Ed25519PrivateKey, key_id: str, kind: str) -> bytes:
    """Return the envelope of `payload` (UTF-8); raise ValueError for an unknown kind, a bad key id or other bytes."""
    signature = key.sign(signing_input(payload, key_id, kind))
    return join(payload, key_id, kind, base64.b64encode(signature).decode())


def join(payload: bytes, key_id: str, kind: str, signature: str) -> bytes:
    """Return the envelope of `payload` and a signature (base64) that was made before; it is not verified here."""
    return canonical.encode(
        {"envelope": VERSION, "kind": kind, "key": key_id, "payload": payload.decode(), "signature": signature}
    )


def split(envelope: bytes) -> tuple[bytes, str, str]:
    """Return payload, key id and signature (base64) of an envelope, unverified; raise BadEnvelope when malformed."""
    message = _parse(envelope)
    return message["payload"].encode(), message["key"], message["signature"]


def verify(envelope: bytes, keys: Mapping[str, Ed25519PublicKey], kind: str) -> Signed:
    """Return what the holder of one of `keys` (by key id) signed as `kind`; raise BadEnvelope otherwise."""
    message = _parse(envelope)
    if message["kind"] != kind:
        raise BadEnvelope("kind", f"this is a signed {message['kind']}, not a {kind}")
    key = keys.get(message["key"])
    if key is None:
        raise BadEnvelope("unknown_key", f"signed by the key {message['key']}, which is not among the trusted ones")
    payload = message["payload"].encode()
    try:
        signature = base64.b64decode(message["signature"], validate=True)
        if base64.b64encode(signature).decode() != message["signature"]:
            # The last digit of base64 has spare bits; only one writing of a signature is taken.
            raise InvalidSignature
        key.verify(signature, signing_input(payload, message["key"], kind))
    except (InvalidSignature, ValueError):
        raise BadEnvelope(
            "signature", f"the signature of this {kind} is wrong: it was changed or not signed so"
        ) from None
    return Signed(kind, message["key"], payload)


def kind_of(envelope: bytes) -> str:
    """Return the kind an envelope claims, unverified; raise BadEnvelope when malformed."""
    return _parse(envelope)["kind"]


def signer(envelope: bytes) -> str:
    """Return the key id an envelope claims, unverified, to look the key up; raise BadEnvelope when malformed."""
    return _parse(envelope)["key"]


def _parse(envelope: bytes) -> dict[str, str]:
    try:
        message = canonical.decode(envelope)
    except canonical.NotCanonical as error:
        raise BadEnvelope("malformed", f"not a signed message: {error}") from None
    if not isinstance(message, dict) or set(message) != MEMBERS:
        raise BadEnvelope("malformed", f"not a signed message: its members must be {', '.join(sorted(MEMBERS))}")
    if message.pop("envelope") != VERSION:
        raise BadEnvelope("malformed", f"this signed message is not of version {VERSION}, the one this program reads")
    if not all(isinstance(member, str) for member in message.values()):
        raise BadEnvelope("malformed", "not a signed message: kind, key, payload and signature must be text")
    if message["kind"] not in KINDS or not _KEY_ID.fullmatch(message["key"]):
        raise BadEnvelope("malformed", "not a signed message: its kind or key id is none")
    return message


def key_id(public: Ed25519PublicKey) -> str:
    """Return the id of a key: the first 16 hexadecimal digits of the SHA-256 of its 32 raw bytes."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def new_key() -> Ed25519PrivateKey:
    """Return a fresh signing key."""
    return Ed25519PrivateKey.generate()


def write_private(key: Ed25519PrivateKey) -> bytes:
    """Return the key as unencrypted PKCS #8 PEM (RFC 8410)."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_private(pem: bytes) -> Ed25519PrivateKey:
    """Return the key of a PKCS #8 PEM; raise ValueError when it is none or not Ed25519."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("not an unencrypted private key in PEM form") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")
    return key


def write_public(public: Ed25519PublicKey) -> str:
    """Return the key as one line of text, `ed25519:` and the base64 of its 32 raw bytes."""
    return _PUBLIC_PREFIX + base64.b64encode(public.public_bytes_raw()).decode()


def read_public(text: str) -> Ed25519PublicKey:
    """Return the key written by `write_public`; raise ValueError when it is none."""
    line = text.strip()
    try:
        if not line.startswith(_PUBLIC_PREFIX):
            raise ValueError
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(line[len(_PUBLIC_PREFIX) :], validate=True))
    except ValueError:
        raise ValueError("not a public key: one line “ed25519:…” with 32 bytes in base64 was expected") from None
