from cleannet.apk.assessment import (
    Address,
    Assessment,
    Behaviour,
    Certificate,
    CodeFile,
    Digests,
    Evidence,
    Library,
    Manifest,
    NotRead,
    Packer,
    Payload,
    Piece,
    Signing,
)
from cleannet.apk.page import SHOWN, defanged, lines

URL = "http://c2.evil.cn/a"
EVIDENCE = Evidence("r", "读取短信", "reads messages", (Piece("permission", "a.READ_SMS", ("AndroidManifest.xml",)),))
FULL = Assessment(
    name="a.apk",
    kind="apk",
    size=12345,
    digests=Digests("m5", "s1", "s2", ""),
    manifest=Manifest(package="a.b", label="样本", permissions=("a.READ_SMS",)),
    signing=Signing(("v2",), (Certificate("c1", "c2", subject="CN=x", public_key_of="testkey"),), ()),
    code=(CodeFile("classes.dex", "035", 1, 2, 3, 4, 5),),
    libraries=(Library("lib/x86/a.so", "x86", 1),),
    payloads=(Payload("assets/p", "dex", 9, "s"),),
    packers=(Packer("360加固 Jiagu", "lib/x86/libjiagu.so"),),
    signs=("2 ends of a central directory",),
    addresses=(
        Address("url", URL, "base64", ("classes.dex string 1",), 2, "match", "url", "not_listed", "不在", "on no"),
    ),
    behaviours=(Behaviour("privacy", "信息窃取", "Steals", (EVIDENCE,)), Behaviour("remote", "远程控制", "Remote", ())),
    not_read=(NotRead("code", "why"),),
    inside=(Assessment(name="inner.apk"),),
)


def test_everything_is_told_with_its_place() -> None:
    text = "\n".join(lines(FULL))
    for said in (
        "样本 Sample: a.apk (apk, 12,345 bytes",
        "MD5     m5",
        "程序 Program: 样本  a.b",
        "Android 公开密钥 public key “testkey”",
        "classes.dex, version 035: 2 strings, 3 methods, 5 classes",
        "360加固 Jiagu: lib/x86/libjiagu.so",
        "lib/x86/a.so",
        "assets/p (dex, 9 bytes)",
        "2 ends of a central directory",
        "url hxxp://c2[.]evil[.]cn/a [base64] ×2  match: 不在 on no",
        "1 信息窃取 Steals",
        "permission a.READ_SMS @ AndroidManifest.xml",
        "2 远程控制 Remote: 无 none",
        "code: why",
        "    样本 Sample: inner.apk",
    ):
        assert said in text
    assert URL not in text


def test_what_is_empty_is_not_told() -> None:
    assert list(lines(Assessment(name="x"))) == ["样本 Sample: x (unknown, 0 bytes, 0 entries)"]


def test_long_lists_are_cut_and_say_so() -> None:
    told = list(lines(Assessment(signs=tuple(f"sign {number}" for number in range(SHOWN + 3)))))
    assert told[-1] == "  … 3 项从略 more: --json"
    assert len(told) == SHOWN + 3


def test_an_address_is_no_link() -> None:
    assert defanged("https://a.cn/x") == "hxxps://a[.]cn/x"
    assert defanged("a.cn") == "a[.]cn"
