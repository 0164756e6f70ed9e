"""Take one sample apart, part by part, so that what one part cannot read costs no other.

Everything here runs inside the jail (apk.jail), in the process that apk.worker is. Each part gives fields of the
assessment; what it could not read it says. Decisions about addresses are made outside.
"""

import hashlib
import plistlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any
from xml.parsers.expat import ExpatError

from cleannet.apk import addresses, behaviours, dex, manifest, packers, resources, signing
from cleannet.apk.archive import Archive, NotArchive, NotRead
from cleannet.apk.assessment import Address, CodeFile, Digests, Library, Manifest, Payload
from cleannet.apk.broken import BROKEN
from cleannet.apk.pool import Pool
from cleannet.apk.sample import APK, ARCHIVE, DEX, IPA, MOST_ENTRY, UNKNOWN, Sample

try:
    import tlsh
except ModuleNotFoundError:
    # It comes as source and needs a compiler, which not every machine has.
    tlsh = None

MOST_MANIFEST = 8 << 20
MOST_CODE_FILES, MOST_PAYLOADS, MOST_INSIDE, MOST_LISTED = 64, 50, 5, 500
HEAD = 64
MANIFEST, TABLE = "AndroidManifest.xml", "resources.arsc"
_CODE = re.compile(r"classes[0-9]*\.dex")
_LIBRARY = re.compile(r"lib/([^/]+)/[^/]+\.so")
_PLIST = re.compile(r"Payload/[^/]+\.app/Info\.plist")
_MAGICS = ((b"dex\n", "dex"), (b"dey\n", "dex"), (b"PK\3\4", "archive"), (b"\x7fELF", "elf"), (b"#!", "script"))
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"OggS", b"ID3", b"\0\1\0\0", b"OTTO")
Fields = Mapping[str, Any]


def digests(sample: Sample) -> Fields:
    """Return the digests and the size of the file."""
    data = sample.data
    if tlsh is None:
        sample.not_read.append("TLSH: the Python package py-tlsh is missing; install cleannet[tlsh]")
    similar = tlsh.hash(data) if tlsh is not None else "TNULL"
    made = Digests(
        hashlib.md5(data).hexdigest(),
        hashlib.sha1(data).hexdigest(),
        hashlib.sha256(data).hexdigest(),
        "" if similar == "TNULL" else similar,
    )
    return {"digests": asdict(made), "size": len(data)}


def container(sample: Sample) -> Fields:
    """Tell what kind of file it is, and read the directory of an archive."""
    begins = sample.data[:4]
    if b"PK\5\6" in sample.data:
        try:
            sample.archive = Archive(sample.data, sample.password)
        except NotArchive as error:
            sample.not_read.append(str(error))
    archive = sample.archive
    if archive is None:
        sample.kind = DEX if begins in (b"dex\n", b"dey\n") else UNKNOWN
        if sample.kind == UNKNOWN:
            sample.not_read.append("neither a ZIP file that can be read nor a DEX file: only addresses are looked for")
        return {"kind": sample.kind}
    names = archive.by_name
    if MANIFEST in names or any(_CODE.fullmatch(name) for name in names):
        sample.kind = APK
    else:
        sample.kind = IPA if any(_PLIST.fullmatch(name) for name in names) else ARCHIVE
    sample.signs += archive.signs
    if not archive.entries:
        sample.not_read.append("the archive is empty")
    if begins == b"dex\n":
        sample.signs.append("a DEX file stands before the archive (Janus)")
    if archive.encrypted and not sample.password:
        sample.not_read.append("entries are encrypted: give the password with --password")
    libraries = [
        asdict(Library(entry.name, where[1], entry.size))
        for entry in archive.entries
        if (where := _LIBRARY.fullmatch(entry.name))
    ]
    return {"kind": sample.kind, "entries": len(archive.entries), "libraries": libraries[:MOST_LISTED]}


def described(sample: Sample) -> Fields:
    """Read what the package says of itself, with its label in Chinese where it has one."""
    archive = sample.archive
    if archive is None or sample.kind not in (APK, IPA):
        return {}
    try:
        told = _of_apk(archive) if sample.kind == APK else _of_ipa(archive)
    except (NotRead, manifest.NotRead, plistlib.InvalidFileException) as error:
        sample.not_read.append(str(error))
        return {"packers": _packers(archive, "")}
    sample.signs += told.problems
    for name in told.permissions:
        sample.facts.add("permission", name, MANIFEST)
    for one in told.components:
        place = f"{MANIFEST} <{one.kind}> {one.name}"
        for action in one.actions:
            sample.facts.add("action", action, place)
        if one.permission:
            sample.facts.add("guard", one.permission, place)
    if told.components and not any("android.intent.category.LAUNCHER" in one.categories for one in told.components):
        sample.facts.add("sign", "no_launcher", MANIFEST)
    return {"manifest": asdict(told), "packers": _packers(archive, told.application)}


def _packers(archive: Archive, application: str) -> list[dict[str, Any]]:
    return [asdict(one) for one in packers.told_by(archive.by_name, application)]


def _of_apk(archive: Archive) -> Manifest:
    told = manifest.read(archive.read(MANIFEST, MOST_MANIFEST))
    if told.label[:1] == "@" and TABLE in archive.by_name:
        try:
            texts = resources.texts(archive.read(TABLE, MOST_ENTRY), int(told.label[1:], 16))
        except (NotRead, *BROKEN):
            texts = {}
        chosen = next((texts[one] for one in ("zh", "zh-CN", "") if one in texts), next(iter(texts.values()), ""))
        return replace(told, label=chosen or told.label)
    return told


def _of_ipa(archive: Archive) -> Manifest:
    name = next(name for name in archive.by_name if _PLIST.fullmatch(name))
    try:
        told = plistlib.loads(archive.read(name, MOST_MANIFEST))
    except (ExpatError, *BROKEN) as error:
        raise manifest.NotRead(f"{name}: {error}") from None
    if not isinstance(told, dict):
        raise manifest.NotRead(f"{name}: no dictionary")
    return Manifest(
        package=str(told.get("CFBundleIdentifier", "")),
        label=str(told.get("CFBundleDisplayName") or told.get("CFBundleName", "")),
        version_name=str(told.get("CFBundleShortVersionString", "")),
        version_code=str(told.get("CFBundleVersion", "")),
        min_sdk=str(told.get("MinimumOSVersion", "")),
        permissions=tuple(sorted(key for key in map(str, told) if key.endswith("UsageDescription"))),
    )


def signed(sample: Sample) -> Fields:
    """Read who signed the package."""
    if sample.archive is None or sample.kind != APK:
        return {}
    told = signing.read(sample.data, sample.archive)
    sample.not_read += told.problems
    return {"signing": asdict(told)}


def coded(sample: Sample) -> Fields:
    """Read every DEX file: those of the package, the file itself, and those that are hidden inside."""
    if sample.data[:4] in (b"dex\n", b"dey\n"):
        _read_dex(sample, sample.data, "the file")
    if sample.archive is not None and sample.kind == APK:
        _read_code_of(sample, sample.archive)
    return {"code": [asdict(one) for one in sample.code]}


def _read_code_of(sample: Sample, archive: Archive, before: str = "") -> None:
    """Read the DEX files of a package; `before` is the place of the package inside another."""
    for entry in archive.entries:
        if not _CODE.fullmatch(entry.name):
            continue
        if len(sample.code) >= MOST_CODE_FILES:
            sample.not_read.append(f"{before}{entry.name} and further: more than {MOST_CODE_FILES} DEX files")
            return
        data = sample.unpack(archive, entry, before)
        if data is not None:
            _read_dex(sample, data, f"{before}{entry.name}")


def _read_dex(sample: Sample, data: bytes, place: str) -> None:
    for number, part in enumerate(dex.parts(data)):
        where = place if not number else f"{place} part {number + 1}"
        try:
            told = dex.read(part)
        except dex.NotDex as error:
            sample.not_read.append(f"{where}: {error}")
            continue
        except BROKEN as error:
            sample.not_read.append(f"{where}: {type(error).__name__}")
            continue
        counts = (len(told.strings), len(told.methods), len(told.fields), len(told.classes))
        sample.code.append(CodeFile(where, told.version, len(data), *counts, told.problems))
        sample.signs += [f"{where}: {problem}" for problem in told.problems]
        sample.facts.add_dex(told, where)
        sample.finder.look_in_texts(told.strings, where)


def carried(sample: Sample) -> Fields:
    """Look at every other file: what could run where no program keeps it, and addresses in texts and libraries."""
    if sample.archive is None:
        if sample.kind == UNKNOWN:
            sample.finder.look_in_bytes(sample.data, "the file")
        return {}
    for entry in sample.archive.entries:
        if _CODE.fullmatch(entry.name) or not entry.size:
            continue
        try:
            head = sample.archive.head(entry, HEAD)
        except NotRead as error:
            sample.not_read.append(str(error))
            continue
        if head.startswith(_PICTURES):
            continue
        if sample.kind == ARCHIVE and entry.name.lower().endswith(".apk"):
            continue
        data = sample.unpack(sample.archive, entry)
        if data is None:
            continue
        kind = next((kind for magic, kind in _MAGICS if head.startswith(magic)), "")
        if kind and not (kind == "elf" and _LIBRARY.fullmatch(entry.name)):
            _note_payload(sample, data, entry.name, kind)
        if entry.name == TABLE:
            texts = [text.encode("utf-8", "replace") for text in Pool(data, 12).texts()]
            sample.finder.look_in_texts(texts, TABLE)
            sample.facts.add_parts(texts, TABLE)
        else:
            sample.finder.look_in_bytes(data, entry.name)
    hidden = [asdict(one) for one in sample.code]
    return {"payloads": [asdict(one) for one in sample.payloads], "code": hidden}


def _note_payload(sample: Sample, data: bytes, place: str, kind: str) -> None:
    if len(sample.payloads) >= MOST_PAYLOADS:
        sample.not_read.append(f"{place}: more than {MOST_PAYLOADS} payloads")
        return
    inner: Archive | None = None
    if kind == "archive":
        try:
            inner = Archive(data)
        except NotArchive as error:
            sample.not_read.append(f"{place}: {error}")
        if inner and (MANIFEST in inner.by_name or any(_CODE.fullmatch(name) for name in inner.by_name)):
            kind = "apk"
    sample.payloads.append(Payload(place, kind, len(data), hashlib.sha256(data).hexdigest()))
    sample.facts.add("payload", kind, place)
    if kind == "dex":
        _read_dex(sample, data, place)
    if inner is not None and kind == "apk":
        _read_code_of(sample, inner, f"{place}!")


def found(sample: Sample) -> Fields:
    """Return the addresses, and the evidence for each behaviour."""
    listed = sample.finder.found()
    messages = sample.facts.piece("permission", "android.permission.SEND_SMS") is not None
    # Without the right to send, a number that looks like a short code is a number.
    kept = [one for one in listed if messages or one.kind not in (addresses.SHORT_CODE, addresses.PHONE)]
    for one in kept:
        for fact in {one.form, one.kind} & {"base64", "reversed", "reversed base64", addresses.SHORT_CODE}:
            sample.facts.add("address", fact, f"{one.places[0]} ({one.text[:80]})")
    if sample.finder.full:
        sample.not_read.append(f"more than {addresses.MOST_FOUND} addresses: the rest is left out")
    evidence = behaviours.behaviours(sample.facts)
    return {
        "addresses": [asdict(Address(one.kind, one.text, one.form, one.places, one.count)) for one in kept],
        "behaviours": [asdict(one) for one in evidence],
        "signs": list(dict.fromkeys(sample.signs))[:MOST_LISTED],
    }


def inside(sample: Sample) -> Iterator[tuple[str, bytes]]:
    """Yield the packages in an archive that is none itself, each with its name."""
    if sample.archive is None or sample.kind != ARCHIVE:
        return
    names = [entry for entry in sample.archive.entries if entry.name.lower().endswith(".apk")]
    for entry in names[:MOST_INSIDE]:
        data = sample.unpack(sample.archive, entry)
        if data is not None:
            yield entry.name, data
    if len(names) > MOST_INSIDE:
        sample.not_read.append(f"only the first {MOST_INSIDE} of {len(names)} packages are assessed")


# The parts in their order; later ones use what earlier ones found, and do without it.
PARTS: Mapping[str, Callable[[Sample], Fields]] = {
    "digests": digests,
    "container": container,
    "manifest": described,
    "signing": signed,
    "code": coded,
    "files": carried,
    "findings": found,
}
