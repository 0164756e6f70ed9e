import plistlib
from typing import Any

import pytest
from tests.apk.made_apk import LABELLED, SENDS, component, jar_signature, manifest, members, write_apk
from tests.apk.made_axml import Node
from tests.apk.made_dex import patched, write_dex
from tests.apk.made_zip import STORED, Member, encrypted, write_zip

from cleannet.apk import assessing
from cleannet.apk.assessment import Assessment, from_json
from cleannet.apk.sample import Sample


def assessed(data: bytes, password: bytes = b"") -> tuple[Assessment, list[str]]:
    """Return the assessment and what was not read, but for TLSH where it is not installed."""
    sample = Sample(data, password)
    told: dict[str, Any] = {}
    for part in assessing.PARTS.values():
        told |= part(sample)
    return from_json(_as_lists(told)), [reason for reason in sample.not_read if not reason.startswith("TLSH: ")]


def _as_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_lists(one) for key, one in value.items()}
    return [_as_lists(one) for one in value] if isinstance(value, list | tuple) else value


def test_an_ordinary_package_is_read_whole() -> None:
    told, not_read = assessed(
        write_apk(LABELLED, more=[jar_signature(), Member("lib/arm64-v8a/liba.so", b"\x7fELF" + bytes(60))])
    )
    assert not_read == []
    assert told.manifest is not None
    assert told.signing is not None
    assert told.digests is not None
    assert (told.kind, told.manifest.package, told.manifest.label) == ("apk", "com.example.sample", "示例")
    assert told.signing.schemes == ("v1",)
    assert [(one.place, one.methods, one.classes) for one in told.code] == [("classes.dex", 1, 1)]
    assert [(one.place, one.architecture) for one in told.libraries] == [("lib/arm64-v8a/liba.so", "arm64-v8a")]
    assert [one.text for one in told.addresses] == ["https://control.example.cn/a"]
    assert len(told.behaviours) == 8
    assert (told.signs, told.payloads, told.packers) == ((), (), ())


def test_the_digests_are_those_of_the_whole_file() -> None:
    told, _ = assessed(b"abc")
    assert told.digests is not None
    assert told.digests.md5 == "900150983cd24fb0d6963f7d28e17f72"
    assert told.digests.sha1 == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert told.digests.sha256.startswith("ba7816bf8f01cfea414140de5dae2223")
    assert told.digests.tlsh == ""


def test_what_is_large_enough_can_be_compared(with_tlsh: None) -> None:
    large, _ = assessed(write_apk(more=[Member("noise", bytes(range(256)) * 40, STORED)]))
    assert large.digests is not None
    assert large.digests.tlsh.startswith("T1")


def test_without_tlsh_the_rest_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assessing, "tlsh", None)
    sample = Sample(write_apk())
    assert assessing.digests(sample)["digests"]["tlsh"] == ""
    assert sample.not_read == ["TLSH: the Python package py-tlsh is missing; install cleannet[tlsh]"]


def test_evidence_has_its_places() -> None:
    receiver = component("receiver", ".Inbox", "android.provider.Telephony.SMS_RECEIVED")
    tree = manifest(["android.permission.SEND_SMS"], [receiver])
    told, _ = assessed(write_apk(tree, write_dex(["10658099"], [SENDS, ("Lcom/example/R;", "abortBroadcast")])))
    payment, *_ = told.behaviours
    by_rule = {one.rule: one for one in payment.evidence}
    assert by_rule.keys() == {"payment.sends_messages", "payment.hides_confirmations"}
    places = {piece.text: piece.places for piece in by_rule["payment.hides_confirmations"].pieces}
    assert places == {
        "android.permission.SEND_SMS": ("AndroidManifest.xml",),
        "android.provider.Telephony.SMS_RECEIVED": ("AndroidManifest.xml <receiver> com.example.sample.Inbox",),
        "->abortBroadcast": ("classes.dex method 1 Lcom/example/R;",),
    }
    assert [one.text for one in told.addresses] == ["10658099"]


def test_a_number_is_no_short_code_where_nothing_can_be_sent() -> None:
    told, _ = assessed(write_apk(dex=write_dex(["10658099", "13812345678"])))
    assert told.addresses == ()


HIDDEN = write_dex(["http://hidden.example.cn/"], [("Ljava/lang/Runtime;", "exec")])
PAYLOADS = {
    "a dex called a picture": (Member("assets/a.png", HIDDEN), "dex", "assets/a.png"),
    "a package": (Member("assets/b.bin", write_apk(dex=HIDDEN)), "apk", "assets/b.bin!classes.dex"),
    "a jar with code": (
        Member("res/raw/c", write_zip([Member("classes.dex", HIDDEN)])),
        "apk",
        "res/raw/c!classes.dex",
    ),
    "an archive": (Member("assets/d", write_zip([Member("x", b"y")])), "archive", ""),
    "a program": (Member("assets/e", b"\x7fELF" + bytes(90)), "elf", ""),
    "a script": (Member("assets/f", b"#!/system/bin/sh\nid\n"), "script", ""),
}


@pytest.mark.parametrize(("member", "kind", "code"), PAYLOADS.values(), ids=PAYLOADS.keys())
def test_what_could_run_is_found_wherever_it_is(member: Member, kind: str, code: str) -> None:
    told, not_read = assessed(write_apk(more=[member]))
    assert [(one.place, one.kind, one.size) for one in told.payloads] == [(member.name, kind, len(member.data))]
    assert not_read == []
    if code:
        assert [one.place for one in told.code] == ["classes.dex", code]
        assert [one.places[0].split()[0] for one in told.addresses if "hidden" in one.text] == [code]


def test_addresses_in_other_files_are_found() -> None:
    library = Member("lib/x86/liba.so", b"\x7fELF" + bytes(60) + b"http://library.example.cn/\0")
    told, _ = assessed(write_apk(more=[library, Member("assets/conf.json", b'{"u": "https://asset.example.cn/"}')]))
    assert {one.text: one.places for one in told.addresses if "control" not in one.text} == {
        "http://library.example.cn/": ("lib/x86/liba.so byte 68",),
        "https://asset.example.cn/": ("assets/conf.json byte 12",),
    }


def test_a_bare_dex_file_is_read() -> None:
    told, not_read = assessed(HIDDEN)
    assert (told.kind, [one.place for one in told.code], not_read) == ("dex", ["the file"], [])
    assert [one.text for one in told.addresses] == ["http://hidden.example.cn/"]


def test_a_dex_file_before_the_archive_is_a_sign_and_is_read() -> None:
    data = write_zip(members(), before=HIDDEN)
    told, _ = assessed(data)
    assert "a DEX file stands before the archive (Janus)" in told.signs
    assert [one.place for one in told.code] == ["the file", "classes.dex"]


def test_an_ipa_is_described_and_its_binary_looked_at() -> None:
    plist = {"CFBundleIdentifier": "com.example.i", "CFBundleDisplayName": "应用", "CFBundleShortVersionString": "2.0"}
    plist |= {"CFBundleVersion": "5", "MinimumOSVersion": "13.0", "NSCameraUsageDescription": "why"}
    binary = b"\xcf\xfa\xed\xfe" + bytes(60) + b"https://ios.example.cn/\0"
    told, not_read = assessed(
        write_zip([Member("Payload/A.app/Info.plist", plistlib.dumps(plist)), Member("Payload/A.app/A", binary)])
    )
    assert (told.kind, not_read) == ("ipa", [])
    assert told.manifest is not None
    assert (told.manifest.package, told.manifest.label, told.manifest.version_name) == ("com.example.i", "应用", "2.0")
    assert told.manifest.permissions == ("NSCameraUsageDescription",)
    assert [one.text for one in told.addresses] == ["https://ios.example.cn/"]


@pytest.mark.parametrize("plist", [b"", b"<plist>", plistlib.dumps([1])], ids=["empty", "broken", "a list"])
def test_a_broken_plist_is_said(plist: bytes) -> None:
    told, not_read = assessed(write_zip([Member("Payload/A.app/Info.plist", plist)]))
    assert told.kind == "ipa"
    assert any("Info.plist" in reason for reason in not_read)


def test_an_archive_of_packages_yields_them() -> None:
    data = write_zip([Member("one.apk", write_apk()), Member("read.me", b"x"), Member("two.APK", write_apk())])
    sample = Sample(data)
    assert assessing.container(sample)["kind"] == "archive"
    assert [name for name, _ in assessing.inside(sample)] == ["one.apk", "two.APK"]


def test_packages_inside_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assessing, "MOST_INSIDE", 1)
    sample = Sample(write_zip([Member(f"{n}.apk", write_apk()) for n in range(3)]))
    assessing.container(sample)
    assert len(list(assessing.inside(sample))) == 1
    assert sample.not_read == ["only the first 1 of 3 packages are assessed"]


def test_an_encrypted_archive_says_so_and_opens_with_its_password() -> None:
    data = encrypted(Member("a.apk", write_apk()), b"infected")
    _, not_read = assessed(data)
    assert any("entries are encrypted: give the password" in reason for reason in not_read)
    sample = Sample(data, b"infected")
    assessing.container(sample)
    assert list(assessing.inside(sample)) == [("a.apk", write_apk())]
    wrong = Sample(data, b"guess")
    assessing.container(wrong)
    assert list(assessing.inside(wrong)) == []
    assert any("a.apk cannot be decrypted" in reason for reason in wrong.not_read)


def test_payloads_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assessing, "MOST_PAYLOADS", 1)
    told, not_read = assessed(write_apk(more=[Member("a", b"#!a"), Member("b", b"#!b")]))
    assert (len(told.payloads), not_read) == (1, ["b: more than 1 payloads"])


def test_a_broken_part_costs_no_other() -> None:
    told, not_read = assessed(
        write_zip(
            [Member("AndroidManifest.xml", b"broken"), Member("classes.dex", patched(HIDDEN, 60, 0xFFFFFFF0)[:60])]
        )
    )
    assert any("apkInspector" in reason for reason in not_read)
    assert any("classes.dex" in reason for reason in not_read)
    assert (told.kind, told.manifest, len(told.behaviours)) == ("apk", None, 8)


def test_a_program_without_an_icon_that_starts_with_the_system_is_evidence() -> None:
    hidden = component("receiver", ".Boot", "android.intent.action.BOOT_COMPLETED")
    told, _ = assessed(write_apk(manifest(components=[hidden])))
    assert "rogue.has_no_icon" in {one.rule for one in told.behaviours[-1].evidence}


def test_a_packer_is_named() -> None:
    told, _ = assessed(write_apk(manifest(application={"android:name": "com.stub.StubApp"})))
    assert [one.name for one in told.packers] == ["360加固 Jiagu"]


def test_what_is_nothing_known_is_looked_at_for_addresses() -> None:
    told, not_read = assessed(b"MZ" + bytes(100) + b"http://windows.example.cn/x\0")
    assert (told.kind, [one.text for one in told.addresses]) == ("unknown", ["http://windows.example.cn/x"])
    assert any("neither a ZIP file" in reason for reason in not_read)


def test_a_manifest_without_components_asks_for_no_icon() -> None:
    told, _ = assessed(write_apk(Node("manifest", {"package": "a.b"})))
    assert told.behaviours[-1].evidence == ()
