"""Write small packages, signed or not, with whatever a test wants to be in them."""

import datetime
import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID
from tests.apk.made_axml import Node, Reference, Value, write_axml, write_table
from tests.apk.made_dex import write_dex
from tests.apk.made_zip import Member, write_zip

PACKAGE = "com.example.sample"
MANIFEST = "AndroidManifest.xml"
SENDS = ("Landroid/telephony/SmsManager;", "sendTextMessage")


def component(tag: str, name: str, *actions: str, **attributes: Value) -> Node:
    """Return a component with one intent filter, where it has actions."""
    told: dict[str, Value] = {"android:name": name, **{f"android:{key}": value for key, value in attributes.items()}}
    shown = [Node("action", {"android:name": action}) for action in actions]
    launched = [Node("category", {"android:name": "android.intent.category.LAUNCHER"})] * (
        "android.intent.action.MAIN" in actions
    )
    return Node(tag, told, [Node("intent-filter", {}, [*shown, *launched])] if actions else [])


MAIN = component("activity", ".Main", "android.intent.action.MAIN", exported=True)


def manifest(
    permissions: Iterable[str] = (),
    components: Sequence[Node] = (MAIN,),
    *,
    package: str = PACKAGE,
    label: Value = "样本",
    application: Mapping[str, Value] | None = None,
) -> Node:
    """Return the tree of a manifest."""
    asked = [Node("uses-permission", {"android:name": name}) for name in permissions]
    told = {"android:label": label, **(application or {})}
    sdk = Node("uses-sdk", {"android:minSdkVersion": 19, "android:targetSdkVersion": 33})
    root = {"package": package, "android:versionCode": 7, "android:versionName": "1.2"}
    return Node("manifest", root, [sdk, *asked, Node("application", told, components)])


def members(tree: Node | None = None, dex: bytes | None = None) -> list[Member]:
    """Return the entries of an ordinary package."""
    code = (
        write_dex(["https://control.example.cn/a"], [SENDS], classes=["Lcom/example/sample/Main;"])
        if dex is None
        else dex
    )
    return [
        Member(MANIFEST, write_axml(manifest() if tree is None else tree)),
        Member("classes.dex", code),
        Member("resources.arsc", write_table({"": "Sample", "zh": "示例"})),
    ]


def write_apk(tree: Node | None = None, dex: bytes | None = None, more: Iterable[Member] = ()) -> bytes:
    """Return an unsigned package."""
    return write_zip([*members(tree, dex), *more])


LABELLED = manifest(label=Reference(0x7F010000))


@cache
def certificate(name: str = "Somebody") -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return a certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder().subject_name(named).issuer_name(named).public_key(key.public_key())
    made = made.serial_number(0xABC).not_valid_before(begins).not_valid_after(begins.replace(year=2054))
    return made.sign(key, hashes.SHA256()), key


def der(name: str = "Somebody") -> bytes:
    return certificate(name)[0].public_bytes(Encoding.DER)


def jar_signature(name: str = "Somebody") -> Member:
    """Return a signature file of scheme v1."""
    signer, key = certificate(name)
    made = pkcs7.PKCS7SignatureBuilder().set_data(b"x").add_signer(signer, key, hashes.SHA256())
    return Member("META-INF/CERT.EC", made.sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature]))


def _sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def signing_block(pairs: Sequence[tuple[int, bytes]]) -> bytes:
    """Return an APK Signing Block of these pairs."""
    body = b"".join(struct.pack("<QI", len(value) + 4, number) + value for number, value in pairs)
    size = struct.pack("<Q", len(body) + 24)
    return size + body + size + b"APK Sig Block 42"


def signers(*ders: bytes) -> bytes:
    """Return the value of a scheme's pair: one signer with these certificates."""
    signed = _sized(b"") + _sized(b"".join(map(_sized, ders))) + _sized(b"")
    return _sized(_sized(_sized(signed) + _sized(b"") + _sized(b"")))


V2, V3 = 0x7109871A, 0xF05368C0
