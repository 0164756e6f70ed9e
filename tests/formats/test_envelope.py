import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.formats import canonical, envelope

KEY = envelope.new_key()
PUBLIC = KEY.public_key()
ID = envelope.key_id(PUBLIC)
KEYS = {ID: PUBLIC}
PAYLOAD = canonical.encode({"a": "清网", "n": 1})
ENVELOPE = envelope.sign(PAYLOAD, KEY, ID, "tally")


def test_verify_gives_back_the_exact_payload() -> None:
    assert envelope.verify(ENVELOPE, KEYS, "tally") == envelope.Signed("tally", ID, PAYLOAD)
    assert envelope.signer(ENVELOPE) == ID


@pytest.mark.parametrize("kind", sorted(envelope.KINDS - {"tally"}))
def test_a_signature_holds_for_its_kind_only(kind: str) -> None:
    with pytest.raises(envelope.BadEnvelope) as refused:
        envelope.verify(ENVELOPE, KEYS, kind)
    assert refused.value.code == "kind"
    relabelled = canonical.encode(json.loads(ENVELOPE) | {"kind": kind})
    with pytest.raises(envelope.BadEnvelope) as refused:
        envelope.verify(relabelled, KEYS, kind)
    assert refused.value.code == "signature"


def test_a_signature_holds_for_its_key_only() -> None:
    other = envelope.new_key()
    with pytest.raises(envelope.BadEnvelope) as refused:
        envelope.verify(ENVELOPE, {envelope.key_id(other.public_key()): other.public_key()}, "tally")
    assert refused.value.code == "unknown_key"
    with pytest.raises(envelope.BadEnvelope) as refused:
        envelope.verify(ENVELOPE, {ID: other.public_key()}, "tally")
    assert refused.value.code == "signature"
    renamed = canonical.encode(json.loads(ENVELOPE) | {"key": "other"})
    with pytest.raises(envelope.BadEnvelope) as refused:
        envelope.verify(renamed, {"other": PUBLIC}, "tally")
    assert refused.value.code == "signature"


@pytest.mark.parametrize(
    "change",
    [
        {"envelope": 2},
        {"envelope": "1"},
        {"kind": "letter"},
        {"kind": 1},
        {"key": ""},
        {"key": "a\nb"},
        {"payload": None},
        {"signature": 7},
        {"extra": ""},
    ],
)
def test_a_malformed_envelope_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(envelope.BadEnvelope) as refused:
        envelope.verify(canonical.encode(json.loads(ENVELOPE) | change), KEYS, "tally")
    assert refused.value.code == "malformed"


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64!", "AA==", "é"])
def test_a_malformed_signature_is_a_wrong_one(signature: str) -> None:
    with pytest.raises(envelope.BadEnvelope) as refused:
        envelope.verify(canonical.encode(json.loads(ENVELOPE) | {"signature": signature}), KEYS, "tally")
    assert refused.value.code == "signature"


@given(st.integers(0, len(ENVELOPE) - 1), st.integers(1, 255))
def test_one_changed_byte_never_verifies(position: int, change: int) -> None:
    changed = bytearray(ENVELOPE)
    changed[position] ^= change
    with pytest.raises(envelope.BadEnvelope):
        envelope.verify(bytes(changed), KEYS, "tally")


@pytest.mark.parametrize(
    ("kind", "key_id"),
    [("letter", ID), ("tally", ""), ("tally", "a b"), ("tally", "x" * 65)],
    ids=["kind", "empty", "blank", "long"],
)
def test_sign_refuses(kind: str, key_id: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        envelope.sign(PAYLOAD, KEY, key_id, kind)


def test_keys_are_written_and_read() -> None:
    assert envelope.read_private(envelope.write_private(KEY)).private_bytes_raw() == KEY.private_bytes_raw()
    assert envelope.read_public(envelope.write_public(PUBLIC) + "\n") == PUBLIC


@pytest.mark.parametrize("text", ["", "ed25519:", "ed25519:AAAA", "ed25519:%", "rsa:AAAA", "清"])
def test_read_public_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="not a public key"):
        envelope.read_public(text)


def test_read_private_refuses() -> None:
    with pytest.raises(ValueError, match="PEM"):
        envelope.read_private(b"-----BEGIN")


def test_a_signature_is_written_in_one_way_only() -> None:
    message = json.loads(ENVELOPE)
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    written = message["signature"].rstrip("=")
    other = written[:-1] + digits[digits.index(written[-1]) ^ 1] + "=="
    assert base64.b64decode(other) == base64.b64decode(message["signature"])
    with pytest.raises(envelope.BadEnvelope) as refused:
        envelope.verify(canonical.encode(message | {"signature": other}), KEYS, "tally")
    assert refused.value.code == "signature"


def test_an_envelope_is_taken_apart_and_joined_again() -> None:
    signed = envelope.sign(b"{}", KEY, ID, "delta")
    payload, key_id, signature = envelope.split(signed)
    assert (payload, key_id, envelope.kind_of(signed)) == (b"{}", ID, "delta")
    assert envelope.join(payload, key_id, "delta", signature) == signed
    for read in (envelope.split, envelope.kind_of):
        with pytest.raises(envelope.BadEnvelope):
            read(b"{}")
