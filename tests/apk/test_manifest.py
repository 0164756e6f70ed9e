import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apk.made_apk import MAIN, PACKAGE, component, manifest
from tests.apk.made_axml import Node, Reference, write_axml

from cleannet.apk import manifest as reading
from cleannet.apk.assessment import Component, Manifest
from cleannet.apk.broken import BROKEN
from cleannet.apk.manifest import NotRead, read

ADMIN = component(
    "receiver", "Admin", "android.app.action.DEVICE_ADMIN_ENABLED", permission="android.permission.BIND_DEVICE_ADMIN"
)
FIRST = component("receiver", "com.other.First", "android.provider.Telephony.SMS_RECEIVED", enabled=False)
FIRST = FIRST._replace(children=[FIRST.children[0]._replace(attributes={"android:priority": 2147483647})])
LAST = component("service", ".Last", "a.b.C")
LAST = LAST._replace(children=[LAST.children[0]._replace(attributes={"android:priority": -5})])
TREE = manifest(
    ["android.permission.SEND_SMS", "android.permission.INTERNET", "android.permission.SEND_SMS"],
    [MAIN, ADMIN, FIRST, LAST, Node("meta-data", {"android:name": "channel", "android:value": "渠道"})],
    application={"android:name": ".App", "android:debuggable": True},
)
READ = Manifest(
    package=PACKAGE,
    label="样本",
    version_name="1.2",
    version_code="7",
    min_sdk="19",
    target_sdk="33",
    application=f"{PACKAGE}.App",
    debuggable=True,
    permissions=("android.permission.SEND_SMS", "android.permission.INTERNET"),
    components=(
        Component(
            "activity",
            f"{PACKAGE}.Main",
            True,
            actions=("android.intent.action.MAIN",),
            categories=("android.intent.category.LAUNCHER",),
        ),
        Component(
            "receiver",
            f"{PACKAGE}.Admin",
            permission="android.permission.BIND_DEVICE_ADMIN",
            actions=("android.app.action.DEVICE_ADMIN_ENABLED",),
        ),
        Component(
            "receiver",
            "com.other.First",
            enabled=False,
            actions=("android.provider.Telephony.SMS_RECEIVED",),
            priority=2147483647,
        ),
        Component("service", f"{PACKAGE}.Last", actions=("a.b.C",), priority=-5),
    ),
    metadata=(("channel", "渠道"),),
)


@pytest.mark.parametrize("utf8", [False, True], ids=["utf-16", "utf-8"])
@pytest.mark.parametrize("names", [True, False], ids=["named", "numbered"])
def test_a_manifest_is_read(utf8: bool, names: bool) -> None:
    assert read(write_axml(TREE, utf8=utf8, names=names)) == READ


def test_both_readers_say_the_same() -> None:
    data = write_axml(TREE)
    first, second = (elements_of(data) for _, elements_of in reading._READERS)
    assert [(one.depth, one.tag) for one in first] == [(one.depth, one.tag) for one in second]
    assert reading._manifest(first, ()) == reading._manifest(second, ()) == READ


def test_the_second_reader_is_asked_where_the_first_fails() -> None:
    # Without the table of numbers apkInspector finds no elements.
    data = write_axml(manifest(["android.permission.INTERNET"]))
    at = data.index(b"\x80\x01\x08\x00")
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    body = data[8:at] + data[at + size :]
    told = read(data[:4] + (len(body) + 8).to_bytes(4, "little") + body)
    assert told.package == PACKAGE
    assert told.problems[0].startswith("apkInspector: ")


def test_a_label_may_be_a_reference() -> None:
    told = read(write_axml(manifest(label=Reference(0x7F0B0001))))
    assert told.label == "@7f0b0001"


# How the manifest is written, and what is said of it; its package is read all the same.
ODD = {
    "another kind": (write_axml(TREE, kind=0x1234), "the manifest's kind is 0x1234"),
    "bytes after the end": (write_axml(TREE) + bytes(64), "the manifest says it has"),
    "an element before": (
        write_axml(Node("fake", {}, [TREE])),
        "the manifest's first element is “fake”",
    ),
    "two manifests": (write_axml(Node("x", {}, [TREE, TREE])), "there is more than one element “manifest”"),
    "an unknown chunk": (write_axml(TREE, junk=b"\x77\x77\x08\0\x10\0\0\0" + bytes(8)), ""),
    "a lie about the texts": (write_axml(TREE, count=0), ""),
    "too many texts": (write_axml(TREE, count=0x7FFFFFFF), ""),
}


@pytest.mark.parametrize(("data", "said"), ODD.values(), ids=ODD.keys())
def test_an_odd_manifest_is_read_and_said_to_be_odd(data: bytes, said: str) -> None:
    told = read(data)
    assert told.package == PACKAGE
    assert any(said in problem for problem in told.problems) or not said


def test_an_attribute_that_only_looks_like_androids_is_not_heeded() -> None:
    data = write_axml(manifest(label="Right"))
    # The number of `label` becomes another one, so that its text lies.
    lied = data.replace((0x01010001).to_bytes(4, "little"), (0x01010777).to_bytes(4, "little"))
    assert read(lied).label == ""


@pytest.mark.parametrize(
    "data", [b"", b"<?xml version='1.0'?><manifest package='a'/>", bytes(400), write_axml(Node("resources"))]
)
def test_what_holds_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(NotRead):
        read(data)


def test_elements_are_bounded() -> None:
    many = Node("manifest", {"package": PACKAGE}, [Node("x")] * (reading.MOST_ELEMENTS + 5))
    told = read(write_axml(many))
    assert any("only the first" in problem for problem in told.problems)


@given(st.binary(max_size=30), st.integers(0, 900))
def test_no_bytes_break_the_reader(noise: bytes, at: int) -> None:
    data = write_axml(manifest(["a"]))
    try:
        read(data[:at] + noise + data[at + len(noise) :])
    except NotRead:
        return


def test_not_read_is_no_bug() -> None:
    assert issubclass(NotRead, BROKEN)
