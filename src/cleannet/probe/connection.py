"""Look whether a host can be connected to (TCP), and whose certificate it shows (TLS, kept as evidence)."""

import hashlib
import socket
import ssl

from cryptography import x509

from cleannet.probe.answer import CONNECT, GONE, STILL_THERE, TLS, Answer, unknown
from cleannet.probe.egress import Egress, NoAnswer, NotAsked, Nowhere, TurnedAway, hang_up, left, told
from cleannet.probe.target import Target

# Where an order names no port, these are tried; that they are closed says nothing of all the others.
TRIED = (443, 80)
MOST_NAMES = 10


def look(egress: Egress, target: Target) -> Answer:
    """Try to connect to a target.

    Still there means that it accepted; gone, that it refused on the very port the order names, or that its name has no
    address; without a port, and in silence, it is unknown.
    """
    if target.why_not:
        return unknown(CONNECT, egress.name, target.why_not)
    until, tried = egress.until(), []
    for port in (target.port,) if target.port else TRIED:
        try:
            hang_up(egress.reach(target.host, port, until))
        except NotAsked as error:
            return unknown(CONNECT, egress.name, str(error))
        except Nowhere as error:
            return Answer(CONNECT, egress.name, GONE, {"why": str(error)})
        except (TurnedAway, NoAnswer, TimeoutError) as error:
            tried.append((error, str(error)))
        else:
            return Answer(CONNECT, egress.name, STILL_THERE, {"why": f"port {port} accepts connections"})
    said = "; ".join(sentence for _, sentence in tried)
    if target.port and isinstance(tried[0][0], TurnedAway):
        return Answer(CONNECT, egress.name, GONE, {"why": said})
    return unknown(
        CONNECT, egress.name, said if target.port else f"{said}; the order names no port, others may be open"
    )


def shake_hands(egress: Egress, target: Target) -> Answer:
    """Shake hands by TLS and keep the names of the certificate. An invalid certificate proves nobody: unknown."""
    if target.why_not:
        return unknown(TLS, egress.name, target.why_not)
    until = egress.until()
    try:
        secured = secure(egress, target.host, target.port or 443, until)
    except InvalidCertificate as error:
        return unknown(TLS, egress.name, str(error), **error.shown)
    except Nowhere as error:
        return Answer(TLS, egress.name, GONE, {"why": str(error)})
    except (NotAsked, NoAnswer, TurnedAway, TimeoutError) as error:
        return unknown(TLS, egress.name, str(error))
    shown = certificate(secured)
    hang_up(secured)
    return Answer(TLS, egress.name, STILL_THERE, {"why": "the handshake succeeded", **shown})


class NoHandshake(NoAnswer):
    """Say that what listens does not shake hands by TLS."""


class InvalidCertificate(Exception):
    """Say what is wrong with a certificate; `shown` is what it says of itself."""

    def __init__(self, sentence: str, shown: dict[str, object]) -> None:
        super().__init__(sentence)
        self.shown = shown


def secure(egress: Egress, host: str, port: int, until: float) -> ssl.SSLSocket:
    """Connect and shake hands by TLS; raise InvalidCertificate with what was shown, or as `Egress.reach` does."""
    try:
        return _shaken(egress.reach(host, port, until), host, until, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        wrong = error.verify_message
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    again = _shaken(egress.reach(host, port, until), host, until, unchecked)
    shown = certificate(again)
    hang_up(again)
    raise InvalidCertificate(f"{host} shows a certificate that proves nobody: {wrong}", shown)


def certificate(secured: ssl.SSLSocket) -> dict[str, object]:
    """Return names, issuer, end and SHA-256 of the certificate the other side showed."""
    data = secured.getpeercert(binary_form=True) or b""
    shown: dict[str, object] = {"certificate": hashlib.sha256(data).hexdigest()}
    try:
        read = x509.load_der_x509_certificate(data)
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return shown | {
            "names": [str(name.value)[:253] for name in names][:MOST_NAMES],
            "issuer": read.issuer.rfc4514_string()[:500],
            "ends": read.not_valid_after_utc.isoformat(),
        }
    except (ValueError, TypeError, OverflowError, x509.DuplicateExtension, x509.ExtensionNotFound):
        return shown


def _shaken(plain: socket.socket, host: str, until: float, context: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        plain.settimeout(left(until))
        return context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError:
        hang_up(plain)
        raise
    except (OSError, ValueError) as error:
        hang_up(plain)
        why = told(error) if isinstance(error, OSError) else str(error)
        kind = NoAnswer if isinstance(error, TimeoutError) else NoHandshake
        raise kind(f"the TLS handshake with {host} failed: {why}") from None
