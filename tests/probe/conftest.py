"""An egress of a closed test network on loopback, and the certificate of a server there."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.probe.servers import HOST, LOOPBACK, naming

from cleannet.probe.egress import Egress


@dataclass(frozen=True)
class Certified:
    """Hold the context of a server that shows a certificate of HOST, and the file that vouches for it."""

    context: ssl.SSLContext
    file: Path


@pytest.fixture
def egress() -> Iterator[Egress]:
    with naming({HOST: "127.0.0.1", "other.example": "127.0.0.1"}) as resolver:
        yield Egress("甲", resolvers=[resolver], agent="CleanNet (test)", open_to=LOOPBACK, seconds=1.0)


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    """Return a server certificate that nobody vouches for but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return Certified(context, file)
