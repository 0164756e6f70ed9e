from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cleannet.core.allow import AllowLists
from cleannet.core.indicator import Indicator, parse
from cleannet.edge.watchlists import SHOWN, load_allow_lists, load_watchlists
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import envelope, release

Written = Callable[[str, str | bytes], Path]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY = envelope.new_key()
KEYS = {envelope.key_id(KEY.public_key()): KEY.public_key()}


def signed(number: int, hours: int = 1, aliases: dict[str, str] | None = None) -> bytes:
    content = release.Release(
        number,
        "CNCERT",
        "OPERATOR-A",
        NOW - timedelta(days=1),
        NOW + timedelta(hours=hours),
        "name",
        (Indicator(parse("evil.example"), "Evil", "control", "infected", "ioc.yaml", 6),),
        aliases or {},
    )
    return release.sign(content, KEY, envelope.key_id(KEY.public_key()))


def test_a_folder_gives_all_its_lists(written: Written, tmp_path: Path) -> None:
    written("lists/android_a.txt", "a.example\ncom\n")
    written("lists/deep/ioc.yaml", "- name: B\n  websites: [b.example]\n")
    written("lists/LICENSE", "not a list\n")
    written("lists/x.md", "not a list\n")
    written("lists/release.json", signed(3))
    watchlist = load_watchlists([tmp_path / "lists"], AllowLists(), NOW, KEYS)
    assert [entry.indicator.program for entry in watchlist.watched] == ["a", "B", "Evil"]
    assert [(file.format, file.understood, file.not_understood) for file in watchlist.files] == [
        ("maltrail", 1, 1),
        ("stalkerware", 1, 0),
        ("release", 1, 0),
    ]
    assert [Path(name).name for name in watchlist.passed_over] == ["LICENSE", "x.md"]
    assert watchlist.release == 3
    assert dict(watchlist.reasons) == {"too_wide": 1}
    assert [(left.line, left.reason[:6]) for left in watchlist.shown] == [(2, "it is ")]


def test_only_the_first_of_what_was_not_understood_is_shown(written: Written) -> None:
    watchlist = load_watchlists([written("x.txt", "com\n" * 50)], AllowLists(), NOW, {})
    assert (len(watchlist.shown), watchlist.reasons["too_wide"]) == (SHOWN, 50)


def test_every_indicator_is_decided_once(written: Written) -> None:
    allowed = load_allow_lists([written("in-use.conf", "server=/service.example/192.0.2.1\n")])
    watchlist = load_watchlists([written("x.txt", "log.service.example\nevil.example\n")], allowed.lists, NOW, {})
    assert [
        (entry.indicator.pattern.text, entry.decision.list.endswith("in-use.conf"))
        for entry in watchlist.watched
        if entry.decision.holds
    ] == [("log.service.example", True)]


def test_allow_lists_from_files_and_folders(written: Written, tmp_path: Path) -> None:
    written("allow/13800138000.md", "not a list")
    written("allow/a.json", '{"name": "Some names", "type": "hostname", "list": ["a.example", "b/c"]}')
    single = written("b.txt", "b.example\n")
    allowed = load_allow_lists([tmp_path / "allow", single])
    assert [(file.format, file.understood, file.not_understood) for file in allowed.files] == [
        ("misp", 1, 1),
        ("plain", 1, 0),
    ]
    assert len(allowed.shown) == 1
    assert allowed.passed_over == [str(tmp_path / "allow" / "….md")]
    assert allowed.lists.decide(parse("b.example"), NOW).reason == "ordinary"


def test_an_indicator_of_a_release_names_the_list_it_was_taken_from(written: Written) -> None:
    watchlist = load_watchlists([written("r.release", signed(3))], AllowLists(), NOW, KEYS)
    (entry,) = watchlist.watched
    assert (entry.indicator.list, entry.indicator.line) == ("release 3 of CNCERT, ioc.yaml", 6)


def test_aliases_of_a_release_hold_for_every_list(written: Written) -> None:
    paths = [written("android_a.txt", "a.example\n"), written("android_b.txt", "b.example\n")]
    paths.append(written("r.release", signed(3, aliases={"a": "Unit", "Evil": "Unit"})))
    for given in (paths, paths[::-1]):
        watchlist = load_watchlists(given, AllowLists(), NOW, KEYS)
        programs = {entry.indicator.pattern.text: entry.indicator.program for entry in watchlist.watched}
        assert programs == {"a.example": "Unit", "b.example": "b", "evil.example": "Unit"}


@pytest.mark.parametrize(
    ("data", "newest", "code"),
    [
        (signed(3), 4, "lower_number"),
        (signed(3, hours=0), 0, "expired"),
        (signed(3).replace(b"Evil", b"Good"), 0, "signature"),
    ],
)
def test_a_release_that_is_not_to_be_taken(written: Written, data: bytes, newest: int, code: str) -> None:
    with pytest.raises(release.Rejected) as refused:
        load_watchlists([written("r.json", data)], AllowLists(), NOW, KEYS, newest)
    assert refused.value.code == code


def test_two_releases_or_none_readable(written: Written, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="one release only"):
        load_watchlists([written("a.json", signed(3)), written("b.json", signed(4))], AllowLists(), NOW, KEYS)
    with pytest.raises(WrongUse, match="cannot be read"):
        load_watchlists([tmp_path / "missing"], AllowLists(), NOW, {})
    (tmp_path / "empty").mkdir()
    with pytest.raises(WrongUse, match="no file in this folder"):
        load_allow_lists([tmp_path / "empty"])
