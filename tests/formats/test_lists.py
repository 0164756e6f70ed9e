from datetime import UTC, datetime

import pytest

from cleannet.formats import lists

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def read(text: str | bytes, path: str) -> tuple[str, list[tuple[str, str, str, str, int]], list[tuple[int, str]]]:
    data = text.encode() if isinstance(text, str) else text
    contents = lists.read(data, path, NOW)
    assert all(found.list == path for found in contents.indicators)
    assert all(left.reason for left in contents.left_out)
    return (
        contents.format,
        [(i.pattern.text, i.program, i.role, i.counts_as, i.line) for i in contents.indicators],
        [(left.line, left.code) for left in contents.left_out],
    )


def test_maltrail() -> None:
    text = (
        "# Copyright\r\n# Aliases: other, names\r\n\r\n# Reference: https://report.example/x\r\n"
        "evil.example\r\nxn--80af4bcj.online    # was: something\r\n192.0.2.7:443\r\nhttp://192.0.2.8\r\n"
        "evil.example/gate.php\r\n/panel/login.php\r\n/Good Game.apk\r\n[a-z]{2}\\.evil\\.(com|net)$\r\n"
    )
    assert read(text, "lists/android_BadThing.txt") == (
        "maltrail",
        [
            ("evil.example", "badthing", "control", "infected", 5),
            ("xn--80af4bcj.online", "badthing", "control", "infected", 6),
            ("192.0.2.7:443", "badthing", "control", "infected", 7),
            ("192.0.2.8/", "badthing", "control", "infected", 8),
            ("evil.example/gate.php", "badthing", "control", "infected", 9),
            ("/panel/login.php", "badthing", "control", "infected", 10),
            ("/Good%20Game.apk", "badthing", "distribution", "exposed", 11),
        ],
        [(12, "expression")],
    )


def test_plain_with_directives() -> None:
    text = (
        "\ufeff# names of one program\nA.example\n# program: Second Program\n# role: Distribution\nb.example # x\n"
        "# role: nonsense\n*.com\n0.0.0.0 c.example\n"
    )
    assert read(text, "first.txt") == (
        "plain",
        [
            ("a.example", "first", "control", "infected", 2),
            ("b.example", "Second Program", "distribution", "exposed", 5),
            ("c.example", "Second Program", "distribution", "exposed", 8),
        ],
        [(6, "role"), (7, "too_wide")],
    )


@pytest.mark.parametrize(("path", "program"), [("spy/domains.txt", "spy"), ("spy/bad.list", "bad"), ("x", "x")])
def test_a_plain_list_is_named_after_its_file_or_folder(path: str, program: str) -> None:
    assert [found[1] for found in read("a.example", path)[1]] == [program]


@pytest.mark.parametrize(
    ("data", "path", "code"),
    [
        (b"\xff\xfe", "a.txt", "encoding"),
        (b"a\0b", "a.txt", "encoding"),
        (b"{", "a.json", "malformed"),
        (b'{"Event": {}}', "a.json", "shape"),
        (b"a: [", "a.yaml", "malformed"),
        (b"a: b", "a.yml", "shape"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, path: str, code: str) -> None:
    _, found, left_out = read(data, path)
    assert found == []
    assert [left[1] for left in left_out] == [code]


def test_stix_is_known_by_its_content() -> None:
    assert lists.read(b' {"type": "bundle", "objects": []}', "x.stix2", NOW).format == "stix"
