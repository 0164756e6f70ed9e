"""Read who signed a package: certificates of JAR signatures (scheme v1) and of the APK Signing Block (v2, v3, v3.1).

Certificates are read, signatures are not verified: who installed the sample did, and a person wants to know whose name
is on it. The block stands right before the central directory (source.android.com, “APK signature scheme v2”).
"""

import hashlib
import struct
import warnings
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from cleannet.apk.archive import Archive, NotRead
from cleannet.apk.assessment import Certificate, Signing
from cleannet.apk.broken import BROKEN

MOST_BLOCK, MOST_SIGNATURE = 4 << 20, 1 << 20
_MOST_SIGNERS, _MOST_CERTIFICATES, _MOST_PAIRS = 10, 20, 200
_MAGIC, _END_MAGIC = b"APK Sig Block 42", b"PK\5\6"
_BROKEN = (*BROKEN, UnsupportedAlgorithm, x509.InvalidVersion)
_SCHEMES = MappingProxyType({0x7109871A: "v2", 0xF05368C0: "v3", 0x1B93AD61: "v3.1"})
# Certificates whose private keys are in Android's public source, by SHA-1 and SHA-256: they say nothing of who signed.
PUBLIC_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "61ed377e85d386a8dfee6b864bd85b0bfaa5af81": "testkey",
        "27196e386b875e76adf700e7ea84e4c6eee33dfa": "platform",
        "5b368cff2da2686996bc95eac190eaa4f5630fe5": "shared",
        "b79df4a82e90b57ea76525ab7037ab238a42f5d3": "media",
        "a40da80a59d170caa950cf15c18c454d47a39b26989d8b640ecd745ba71bf5dc": "testkey",
        "c8a2e9bccf597c2fb6dc66bee293fc13f2fc47ec77bc6b2b0d52c11f51192ab8": "platform",
        "28bbfe4a7b97e74681dc55c2fbb6ccb8d6c74963733f6af6ae74d8c3a6e879fd": "shared",
        "465983f7791f2abeb43ea2cbdc7f21a8260b72bc08a55c839fc1a43bc741a81e": "media",
    }
)


def read(data: bytes, archive: Archive) -> Signing:
    """Return the signature schemes and certificates of a package; nothing raises, what cannot be read is a problem."""
    problems: list[str] = []
    found: dict[bytes, list[str]] = {}
    schemes: list[str] = []
    for scheme, ders in (*_of_entries(archive, problems), *_of_block(data, problems)):
        if scheme not in schemes:
            schemes.append(scheme)
        for der in ders:
            names = found.setdefault(der, [])
            if scheme not in names:
                names.append(scheme)
    certificates = tuple(_certificate(der, tuple(names), problems) for der, names in found.items())
    return Signing(tuple(schemes), certificates, tuple(problems))


def _of_entries(archive: Archive, problems: list[str]) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the certificates of each signature file in META-INF."""
    names = [
        entry.name
        for entry in archive.entries
        if entry.name.upper().startswith("META-INF/") and entry.name.upper().endswith((".RSA", ".DSA", ".EC"))
    ]
    for name in names[:_MOST_SIGNERS]:
        try:
            signed = archive.read(name, MOST_SIGNATURE)
            with warnings.catch_warnings(action="ignore"):
                found = pkcs7.load_der_pkcs7_certificates(signed)
                yield "v1", [one.public_bytes(Encoding.DER) for one in found[:_MOST_CERTIFICATES]]
        except NotRead as error:
            problems.append(str(error))
        except _BROKEN as error:
            problems.append(f"{name} holds no certificate that can be read: {str(error)[:200]}")


def _of_block(data: bytes, problems: list[str]) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the certificates of each scheme in the APK Signing Block."""
    end = data.rfind(_END_MAGIC)
    if end < 0 or end + 20 > len(data):
        return
    directory = int.from_bytes(data[end + 16 : end + 20], "little")
    at = data.rfind(_MAGIC, 0, end)
    if at < 8:
        return
    if at + 16 != directory:
        problems.append("the signing block does not stand right before the directory")
    size = int.from_bytes(data[at - 8 : at], "little")
    start = at + 16 - size
    if not 24 <= size <= MOST_BLOCK or start < 8:
        problems.append(f"the signing block says it has {size} bytes")
        return
    for number, value in _pairs(data[start : at - 8]):
        scheme = _SCHEMES.get(number)
        if scheme is None:
            continue
        ders: list[bytes] = []
        try:
            for signer in _parts(_parts_one(value), _MOST_SIGNERS):
                ders += _parts(list(_parts(_parts_one(signer), 3))[1], _MOST_CERTIFICATES)
        except _BROKEN as error:
            problems.append(f"the signers of scheme {scheme} cannot be read: {str(error)[:200]}")
        yield scheme, ders


def _pairs(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(_MOST_PAIRS):
        if at + 12 > len(block):
            return
        size, number = struct.unpack_from("<QI", block, at)
        if not 4 <= size <= len(block) - at - 8:
            return
        yield number, block[at + 12 : at + 8 + size]
        at += 8 + size


def _parts(data: bytes, most: int) -> Iterator[bytes]:
    """Yield the parts of a sequence, each behind its own length; raise ValueError where one is longer than the rest."""
    at = 0
    while at + 4 <= len(data) and most:
        (size,) = struct.unpack_from("<I", data, at)
        if size > len(data) - at - 4:
            raise ValueError(f"a part says it has {size} bytes")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size
        most -= 1


def _parts_one(data: bytes) -> bytes:
    return next(_parts(data, 1), b"")


def _certificate(der: bytes, schemes: tuple[str, ...], problems: list[str]) -> Certificate:
    sha1, sha256 = hashlib.sha1(der).hexdigest(), hashlib.sha256(der).hexdigest()
    known = PUBLIC_KEYS.get(sha1, "")
    try:
        with warnings.catch_warnings(action="ignore"):
            told = x509.load_der_x509_certificate(der)
            return Certificate(
                sha1=sha1,
                sha256=sha256,
                subject=told.subject.rfc4514_string(),
                issuer=told.issuer.rfc4514_string(),
                serial=f"{told.serial_number:x}",
                not_before=told.not_valid_before_utc.isoformat(),
                not_after=told.not_valid_after_utc.isoformat(),
                key=_key(told),
                schemes=schemes,
                public_key_of=known,
            )
    except _BROKEN as error:
        problems.append(f"the certificate {sha256[:16]}… cannot be read: {str(error)[:200]}")
        return Certificate(sha1, sha256, schemes=schemes, public_key_of=known)


def _key(told: x509.Certificate) -> str:
    """Return the kind and the length of a key: RSA 2048."""
    try:
        key = told.public_key()
    except _BROKEN:
        return ""
    kinds = ((rsa.RSAPublicKey, "RSA"), (ec.EllipticCurvePublicKey, "EC"), (dsa.DSAPublicKey, "DSA"))
    for kind, name in kinds:
        if isinstance(key, kind):
            return f"{name} {key.key_size}"
    return type(key).__name__
