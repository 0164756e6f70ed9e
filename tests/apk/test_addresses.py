import base64
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.apk import addresses
from cleannet.apk.addresses import Finder, Found


def found(*texts: str) -> list[tuple[str, str, str]]:
    finder = Finder()
    finder.look_in_texts([text.encode() for text in texts], "classes.dex")
    return [(one.kind, one.text, one.form) for one in finder.found()]


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


URL = "http://c2.evil.cn/a?b=1"
TEXTS = {
    URL: [("url", URL, "plain")],
    "HTTP://C2.Evil.CN:8080/A": [("url", "http://c2.evil.cn:8080/A", "plain")],
    "https://a.cn/x and http://b.cn/y.": [("url", "http://b.cn/y", "plain"), ("url", "https://a.cn/x", "plain")],
    '{"u":"http://a.cn/x","v":1}': [("url", "http://a.cn/x", "plain")],
    "请访问http://a.cn/x，谢谢": [("url", "http://a.cn/x", "plain")],
    "xhttp://a.cn/": [("url", "http://a.cn/", "plain")],
    "http://211.140.1.2:8000/": [("url", "http://211.140.1.2:8000/", "plain")],
    "http://192.168.0.1/": [("unfit", "http://192.168.0.1/", "plain")],
    "http://%s/api": [],
    "http://localhost/": [],
    "http://schemas.android.com/apk/res/android": [],
    "content://sms/inbox": [],
    "ws://a.cn/socket": [("domain", "a.cn", "plain")],
    "tcp://a.cn:4444": [("endpoint", "a.cn:4444", "plain")],
    "mqtt://user@211.140.1.2:1883/x": [("endpoint", "211.140.1.2:1883", "plain")],
    "c2.evil.cn": [("domain", "c2.evil.cn", "plain")],
    "c2.evil.cn:9000": [("endpoint", "c2.evil.cn:9000", "plain")],
    "c2.evil.cn/gate.php": [("url", "c2.evil.cn/gate.php", "plain")],
    "evil.com": [("domain", "evil.com", "plain")],
    "211.140.1.2": [("ip", "211.140.1.2", "plain")],
    "211.140.1.2:53": [("endpoint", "211.140.1.2:53", "plain")],
    "10.0.0.1": [("unfit", "10.0.0.1", "plain")],
    "2.5.29.17": [],
    "1.2.3.4.5": [],
    "com.example.app": [],
    "android.intent.action.MAIN": [],
    "libfoo.so": [],
    "user.id": [],
    "a.b.Class": [],
    "config.properties": [],
    "a sentence. Then example.com": [],
    "nc.live.2c": [("domain", "c2.evil.cn", "reversed")],
    "1=b?a/nc.live.2c//:ptth": [("url", URL, "reversed")],
    coded(URL): [("url", URL, "base64")],
    coded(URL).rstrip("="): [("url", URL, "base64")],
    coded("c2.evil.cn"): [("domain", "c2.evil.cn", "base64")],
    coded("211.140.1.2:53"): [("endpoint", "211.140.1.2:53", "base64")],
    coded(URL)[::-1]: [("url", URL, "reversed base64")],
    f'{{"u": "{coded(URL)}"}}': [("url", URL, "base64")],
    f"x {coded(URL)[::-1]} y": [("url", URL, "reversed base64")],
    "aHR0c and nothing": [],
    "getInstalledPackages": [],
    "10658099": [("short_code", "10658099", "plain")],
    "10086": [("short_code", "10086", "plain")],
    "12345": [],
    "13812345678": [("phone", "13812345678", "plain")],
    "+8613812345678": [("phone", "+8613812345678", "plain")],
    "23812345678": [],
    "smsto:1065-8099": [("short_code", "10658099", "plain")],
    "tel:13812345678": [("phone", "13812345678", "plain")],
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items())
def test_an_address_is_told_from_what_only_looks_like_one(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(text) == expected


def test_each_has_its_first_places_and_how_often_it_stands() -> None:
    finder = Finder()
    finder.look_in_texts([text.encode() for text in (URL, "x", URL, URL, URL)], "classes.dex")
    places = tuple(f"classes.dex string {position}" for position in (0, 2, 3))
    assert finder.found() == (Found("url", URL, "plain", places, 4),)


BYTES = {
    "plain": (b"\0\1" + URL.encode() + b"\0\xff", [("url", URL, "plain", "lib/x.so byte 6")]),
    "backwards": (b"\0" + URL[::-1].encode() + b"\0", [("url", URL, "reversed", "lib/x.so byte 17")]),
    "wide": (b"\0\0" + URL.encode("utf-16-le") + b"\0\0", [("url", URL, "plain", "lib/x.so byte 10")]),
    "as Base64": (b"\0u=" + coded(URL).encode() + b"&", [("url", URL, "base64", "lib/x.so byte 3")]),
    "as Base64 backwards": (
        b"\0" + coded(URL)[::-1].encode() + b"\0",
        [("url", URL, "reversed base64", f"lib/x.so byte {len(coded(URL)) - 4}")],
    ),
    "at the start": (b"://a.cn/", []),
    "nothing": (bytes(100), []),
}


@pytest.mark.parametrize(("data", "expected"), BYTES.values(), ids=BYTES.keys())
def test_addresses_are_found_in_bytes(data: bytes, expected: list[tuple[str, str, str, str]]) -> None:
    finder = Finder()
    finder.look_in_bytes(data, "lib/x.so")
    assert [(one.kind, one.text, one.form, one.places[0]) for one in finder.found()] == expected


def test_there_are_at_most_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = Finder()
    monkeypatch.setattr(addresses, "MOST_FOUND", 3)
    monkeypatch.setattr(addresses, "MOST_LOOKS", 9)
    finder.look_in_texts([f"http://a{number}.cn/".encode() for number in range(5)], "f")
    assert (len(finder.found()), finder.full) == (3, True)


def test_bytes_are_looked_at_so_often_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MOST_LOOKS", 3)
    finder = Finder()
    finder.look_in_bytes(b" http://a.cn/ " * 9, "f")
    assert [one.count for one in finder.found()] == [3]


label = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@given(label, label, st.sampled_from(["cn", "com", "com.cn", "net"]), st.integers(1, 65535))
def test_every_url_is_found_however_it_is_written(first: str, second: str, suffix: str, port: int) -> None:
    url = f"http://{first}.{second}.{suffix}:{port}/path"
    for text in (url, coded(url), url[::-1]):
        assert [found_text for _, found_text, _ in found(text)] == [url]


@given(st.lists(st.text(max_size=60), max_size=5), st.binary(max_size=200))
def test_no_text_and_no_bytes_break_it(texts: list[str], data: bytes) -> None:
    finder = Finder()
    finder.look_in_texts([text.encode() for text in texts], "a")
    finder.look_in_bytes(data, "b")
    assert len(finder.found()) >= 0


def test_the_rules_hold_nothing_twice() -> None:
    told = tomllib.loads((Path(addresses.__file__).parent / "rules" / "addresses.toml").read_text())
    assert {name: sorted({one for one in listed if listed.count(one) > 1}) for name, listed in told.items()} == {
        name: [] for name in told
    }
