"""Samples that were made to break whoever reads them: what each is called, its bytes, and what must be said of it."""

import gzip
import plistlib
import random
import struct
from collections.abc import Callable, Iterator
from functools import partial

from tests.apk.made_apk import LABELLED, MAIN, MANIFEST, SENDS, manifest, members, write_apk
from tests.apk.made_axml import Node, Reference, write_axml, write_pool, write_table
from tests.apk.made_dex import patched, write_dex
from tests.apk.made_zip import STORED, Member, deflated, write_zip
from tests.apk.test_archive import ODD as ODD_ARCHIVES
from tests.apk.test_dex import ODD as ODD_CODE
from tests.apk.test_manifest import ODD as ODD_MANIFESTS
from tests.apk.test_signing import ODD as ODD_SIGNATURES

Made = Callable[[], bytes]
ORDINARY = write_apk()
CODE = write_dex(["http://a.example.cn/"], [SENDS])
STRINGS, METHODS = 56, 88


def with_manifest(data: bytes) -> bytes:
    return write_zip([Member(MANIFEST, data), *members()[1:]])


def with_code(data: bytes) -> bytes:
    return write_apk(dex=data)


def nested(depth: int, data: bytes) -> bytes:
    for level in range(depth):
        data = write_zip([Member(f"level{level}.apk", data)])
    return data


def overlapping(count: int) -> bytes:
    """Many entries that are all the same bytes: what is unpacked is many times what is stored."""
    kernel = b"x" * (4 << 20)
    first = Member("file0", kernel)
    rest = [Member(f"file{n}", b"", at=0, size=len(kernel), packed=len(deflated(kernel))) for n in range(1, count)]
    return write_zip([first, *rest])


def overlapping_strings() -> bytes:
    data = write_dex(["x" * 60_000], [SENDS])
    at = struct.unpack_from("<I", data, STRINGS + 4)[0]
    offsets = struct.unpack_from("<4I", data, at)
    long = max(offsets, key=lambda offset: data.find(0, offset + 3) - offset)
    return patched(data + struct.pack("<500000I", *[long] * 500_000), STRINGS, 500_000, len(data))


def overlapping_texts() -> bytes:
    """A pool whose texts all begin at one place and are as long as they can be."""
    count = 60_000
    pool = struct.pack("<HHIIIIII", 1, 28, 28 + 4 * count + 70_000, count, 0, 0, 28 + 4 * count, 0)
    pool += bytes(4 * count) + struct.pack("<H", 0x7FFF) + b"a\0" * 0x7FFF
    return struct.pack("<HHI", 3, 8, 8 + len(pool)) + pool + b"\x80\x01\x08\0\x08\0\0\0"


def deep(levels: int) -> bytes:
    data = write_axml(manifest(components=[]))
    marks = data.index(b"\x02\x01\x10\0")
    size = struct.unpack_from("<I", data, marks + 4)[0]
    return data[:marks] + data[marks : marks + size] * levels + data[marks + size :]


def circle() -> bytes:
    table = write_table({"": "x"}, through=1)
    own = struct.pack("<HBBI", 8, 0, 1, 0x7F010001)
    table = table.replace(struct.pack("<HBBI", 8, 0, 1, 0x7F010000), own)
    tree = manifest(label=Reference(0x7F010001))
    return write_zip([Member(MANIFEST, write_axml(tree)), Member("resources.arsc", table)])


def billion_laughs() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE plist [{entities}]><plist version="1.0"><string>&a9;</string></plist>'.encode()
    )


def circular_plist() -> bytes:
    data = bytearray(plistlib.dumps({"a": ["b"]}, fmt=plistlib.FMT_BINARY))
    # The list holds itself.
    at = data.index(b"\xa1")
    data[at + 1] = data[data.index(b"\xd1") + 2]
    return bytes(data)


def noise(count: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(count)


def zip64() -> bytes:
    data = write_zip(members())
    end = data.rindex(b"PK\5\6")
    directory = struct.unpack_from("<I", data, end + 16)[0]
    count = struct.unpack_from("<H", data, end + 10)[0]
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, end - directory, directory)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    return (
        data[:end]
        + record
        + locator
        + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    )


# Called so, made so, and what is said in signs or in not_read ("" where nothing needs to be).
OWN: dict[str, tuple[Made, str]] = {
    "nothing": (lambda: b"", "neither a ZIP file"),
    "one byte": (lambda: b"P", "neither a ZIP file"),
    "a text": (lambda: "你好 http://a.example.cn/\n".encode(), "neither a ZIP file"),
    "noise": (lambda: noise(300_000), "neither a ZIP file"),
    "a gzip file": (lambda: gzip.compress(ORDINARY), "neither a ZIP file"),
    "a PDF": (lambda: b"%PDF-1.4\n" + bytes(500), "neither a ZIP file"),
    "a program of Linux": (lambda: b"\x7fELF" + noise(5000), "neither a ZIP file"),
    "an end of an archive alone": (lambda: b"PK\5\6" + bytes(18), "the archive is empty"),
    "an empty archive with a long comment": (lambda: write_zip([], comment=noise(60_000)), "the archive is empty"),
    "a compact DEX file": (lambda: b"cdex001\0" + noise(4000), "neither a ZIP file"),
    "a bare DEX file with a table that is giant": (
        lambda: patched(CODE, METHODS, 0xFFFFFFFF, 112),
        "the table of methods",
    ),
    "a bare DEX file cut in the middle": (lambda: CODE[: len(CODE) // 2], "the header says the file has"),
    "a bare header of DEX": (lambda: CODE[:100], "less than a DEX header"),
    "an optimised DEX file that is empty": (
        lambda: b"dey\n036\0" + struct.pack("<8I", 40, 0, 0, 0, 0, 0, 0, 0),
        "DEX header",
    ),
    "a container of DEX that leads into itself": (lambda: write_dex(["a"], version="041") * 40, ""),
    "strings that overlap half a million times": (lambda: with_code(overlapping_strings()), "the strings overlap"),
    "a DEX file of one string without an end": (lambda: with_code(write_dex(["a"])[:-40] + b"z" * 3_000_000), ""),
    "a DEX file of zeros": (lambda: with_code(bytes(1 << 20)), "neither the magic nor"),
    "an empty DEX file": (lambda: with_code(b""), ""),
    "many DEX files": (
        lambda: write_apk(more=[Member(f"classes{n}.dex", CODE) for n in range(2, 90)]),
        "more than 64 DEX files",
    ),
    "a bomb of zeros": (
        lambda: write_apk(more=[Member("assets/bomb", bytes(200 << 20))]),
        "has more than 67108864 bytes",
    ),
    "a bomb as code": (lambda: with_code(b"dex\n035\0" + bytes(200 << 20)), "has more than 67108864 bytes"),
    "a bomb as manifest": (lambda: with_manifest(bytes(100 << 20)), "AndroidManifest.xml has more than"),
    "a bomb that says it is small": (lambda: write_apk(more=[Member("a", bytes(100 << 20), size=9)]), "has more than"),
    "entries that share their bytes": (lambda: overlapping(400), "entries share their bytes"),
    "archives in archives": (lambda: nested(20, ORDINARY), ""),
    "an archive of many packages": (
        lambda: write_zip([Member(f"{n}.apk", ORDINARY) for n in range(9)]),
        "only the first 5 of 9",
    ),
    "a package in a package in a package": (
        lambda: write_apk(more=[Member("a", write_apk(more=[Member("b", ORDINARY)]))]),
        "",
    ),
    "seventy thousand entries": (lambda: write_zip([*members(), *(Member(f"r/{n}") for n in range(70_000))]), ""),
    "a name of sixty thousand characters": (lambda: write_apk(more=[Member("n" * 60_000, b"x")]), ""),
    "a name with a zero": (lambda: write_apk(more=[Member("a\0b.txt", b"x")]), "characters that are not shown"),
    "names that lead out": (
        lambda: write_apk(more=[Member("../../../../etc/cron.d/x", b"x")]),
        "lead out of the folder",
    ),
    "a folder called as the manifest": (lambda: write_zip([Member(f"{MANIFEST}/"), *members()]), ""),
    "two manifests in the archive": (
        lambda: write_zip([Member(MANIFEST, b"a lie"), *members()]),
        "stand more than once",
    ),
    "no manifest": (lambda: write_zip([Member("classes.dex", CODE)]), "there is no entry AndroidManifest.xml"),
    "no code": (lambda: write_zip(members()[:1]), ""),
    "a size of four gigabytes": (
        lambda: write_apk(more=[Member("a", b"x", size=0xFFFFFFFE)]),
        "times their packed size",
    ),
    "an archive of sixty-four bits": (zip64, ""),
    "an end that points far away": (lambda: ORDINARY[:-6] + b"\xff\xff\xff\x7f\0\0", ""),
    "encrypted with AES": (
        lambda: write_zip([Member("a.apk", ORDINARY, told_method=99, flags=1)]),
        "is encrypted (AES)",
    ),
    "encrypted": (
        lambda: write_zip([Member("a.apk", noise(999), STORED, told_method=8, flags=1)]),
        "give the password",
    ),
    "a plain XML manifest": (lambda: with_manifest(b"<manifest package='a.b'/>"), "apkInspector"),
    "a manifest of noise": (lambda: with_manifest(b"\3\0\x08\0" + noise(9000)), "apkInspector"),
    "a manifest cut in the middle": (lambda: with_manifest(write_axml(LABELLED)[:300]), "apkInspector"),
    "a manifest that nests ten thousand deep": (lambda: with_manifest(deep(10_000)), ""),
    "texts of the manifest that overlap": (lambda: with_manifest(overlapping_texts()), ""),
    "a manifest of many elements": (
        lambda: with_manifest(write_axml(Node("manifest", {"package": "a.b"}, [Node("x")] * 30_000))),
        "only the first 20000 elements",
    ),
    "many components": (lambda: write_apk(manifest(components=[MAIN] * 3000)), ""),
    "a label that refers to itself": (circle, ""),
    "a table of resources of noise": (
        lambda: write_zip([Member(MANIFEST, write_axml(LABELLED)), Member("resources.arsc", noise(90_000))]),
        "",
    ),
    "a table of resources that says it has a billion texts": (
        lambda: write_apk(more=[Member("resources.arsc", bytes(12) + write_pool(["a"], count=0x3FFFFFFF))]),
        "",
    ),
    "an IPA of laughter": (
        lambda: write_zip([Member("Payload/A.app/Info.plist", billion_laughs())]),
        "Info.plist",
    ),
    "an IPA whose list holds itself": (
        lambda: write_zip([Member("Payload/A.app/Info.plist", circular_plist())]),
        "",
    ),
    "an IPA without a list": (lambda: write_zip([Member("Payload/A.app/A", b"\xcf\xfa\xed\xfe")]), ""),
    "nothing but colons and slashes": (lambda: with_code(write_dex(["://" * 100_000, "//:" * 100_000])), ""),
    "a text of dots": (lambda: with_code(write_dex(["a." * 140 + "!", "." * 299, "http://" + "a." * 700])), ""),
    "a text of Base64 without an end": (lambda: with_code(write_dex(["aHR0cDov" * 100_000, "aHR0" * 499 + "!"])), ""),
    "a hundred thousand addresses": (
        lambda: with_code(write_dex([f"http://a{n}.example.cn/" for n in range(20_000)])),
        "more than 5000 addresses",
    ),
    "texts that turn writing around": (lambda: write_apk(manifest(label="\u202egpj.\x1b[2J")), ""),
    "lone surrogates": (lambda: with_code(write_dex(["a"]).replace(b"\1a\0", b"\1\xed\0")), "checksum"),
}


def kinds() -> Iterator[tuple[str, Made, str]]:
    """Yield every odd sample: its name, a function that makes it, and what must be said of it."""
    for name, (made, said) in OWN.items():
        yield name, made, said
    for name, (data, said, _) in ODD_CODE.items():
        yield f"code: {name}", partial(with_code, data), said
    for name, (archive, said) in ODD_ARCHIVES.items():
        yield f"archive: {name}", partial(bytes, archive), said
    for name, (axml, said) in ODD_MANIFESTS.items():
        yield f"manifest: {name}", partial(with_manifest, axml), said
    for name, (more, block, said) in ODD_SIGNATURES.items():
        yield f"signature: {name}", partial(write_zip, [*members(), *more], block=block), said
    for eighth in range(1, 8):
        yield f"cut after {eighth} of 8", partial(bytes, ORDINARY[: len(ORDINARY) * eighth // 8]), ""
