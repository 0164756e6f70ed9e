import hashlib

import pytest
from tests.apk.made_apk import V2, V3, der, jar_signature, members, signers, signing_block
from tests.apk.made_zip import Member, write_zip

from cleannet.apk.archive import Archive
from cleannet.apk.assessment import Certificate, Signing
from cleannet.apk.signing import PUBLIC_KEYS, read


def told(more: list[Member], block: bytes = b"") -> Signing:
    data = write_zip([*members(), *more], block=block)
    return read(data, Archive(data))


def shown(name: str, *schemes: str) -> Certificate:
    return Certificate(
        sha1=hashlib.sha1(der(name)).hexdigest(),
        sha256=hashlib.sha256(der(name)).hexdigest(),
        subject=f"CN={name}",
        issuer=f"CN={name}",
        serial="abc",
        not_before="2024-01-02T00:00:00+00:00",
        not_after="2054-01-02T00:00:00+00:00",
        key="EC 256",
        schemes=schemes,
    )


ONE = signers(der())
ORDINARY = {
    "unsigned": ([], b"", (), ()),
    "v1": ([jar_signature()], b"", ("v1",), (shown("Somebody", "v1"),)),
    "v2": ([], signing_block([(V2, ONE)]), ("v2",), (shown("Somebody", "v2"),)),
    "v1 and v2 and v3": (
        [jar_signature()],
        signing_block([(V2, ONE), (V3, ONE), (0x42726577, bytes(64))]),
        ("v1", "v2", "v3"),
        (shown("Somebody", "v1", "v2", "v3"),),
    ),
    "two persons": (
        [jar_signature("Another")],
        signing_block([(V2, ONE)]),
        ("v1", "v2"),
        (shown("Another", "v1"), shown("Somebody", "v2")),
    ),
}


@pytest.mark.parametrize(("more", "block", "schemes", "certificates"), ORDINARY.values(), ids=ORDINARY.keys())
def test_schemes_and_certificates_are_read(
    more: list[Member], block: bytes, schemes: tuple[str, ...], certificates: tuple[Certificate, ...]
) -> None:
    assert told(more, block) == Signing(schemes, certificates, ())


ODD = {
    "no signature file": ([Member("META-INF/CERT.RSA", b"nothing")], b"", "META-INF/CERT.RSA holds no certificate"),
    "an empty signature file": ([Member("META-INF/X.DSA")], b"", "META-INF/X.DSA holds no certificate"),
    "a giant signature file": ([Member("META-INF/X.RSA", bytes(2 << 20))], b"", "has more than 1048576 bytes"),
    "a size that lies": (
        [],
        bytes(8) + signing_block([(V2, ONE)])[8:-24] + b"\xff" * 8 + b"APK Sig Block 42",
        "the signing block says it has",
    ),
    "signers that lie": ([], signing_block([(V2, b"\xff" * 40)]), "the signers of scheme v2 cannot be read"),
    "no certificate": ([], signing_block([(V2, signers(b"no certificate"))]), "cannot be read"),
    "a block elsewhere": ([], signing_block([(V2, ONE)]) + b"xx", "does not stand right before the directory"),
}


@pytest.mark.parametrize(("more", "block", "said"), ODD.values(), ids=ODD.keys())
def test_what_cannot_be_read_is_said(more: list[Member], block: bytes, said: str) -> None:
    assert any(said in problem for problem in told(more, block).problems)


def test_the_public_keys_of_android_are_four() -> None:
    for digits in (40, 64):
        names = sorted(name for digest, name in PUBLIC_KEYS.items() if len(digest) == digits)
        assert names == ["media", "platform", "shared", "testkey"]
    assert len(PUBLIC_KEYS) == 8
    assert all(key == key.lower() for key in PUBLIC_KEYS)


def test_the_public_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleannet.apk.signing.PUBLIC_KEYS", {hashlib.sha1(der()).hexdigest(): "testkey"})
    assert [one.public_key_of for one in told([jar_signature()]).certificates] == ["testkey"]
