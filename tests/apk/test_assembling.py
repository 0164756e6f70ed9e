import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.apk.made_apk import PACKAGE, write_apk
from tests.apk.made_dex import write_dex
from tests.apk.made_zip import Member, write_zip

from cleannet.apk import assembling, jail
from cleannet.apk.assembling import assess
from cleannet.apk.assessment import Address, Assessment, NotRead
from cleannet.apk.jail import RLIMITS, Ended, Limits, NoJail
from cleannet.core.allow import CDN, POPULAR, SHARED, AllowLists, Listed

NOW = datetime(2026, 11, 27, tzinfo=UTC)
LISTS = AllowLists(
    [
        Listed("popular.example.cn", POPULAR, "top", 3),
        Listed("shared.example.cn", SHARED, "shared", 4),
        Listed("211.140.1.0/24", CDN, "cdn", 5),
    ]
)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.apk"
    path.write_bytes(write_apk())
    return path


def answer(monkeypatch: pytest.MonkeyPatch, *runs: Ended) -> list[Any]:
    """Let the jail answer so, run by run; return the options it is given."""
    left, given = list(runs), []

    def run(sample: Path, options: object, *, jail: str, limits: Limits) -> Ended:
        given.append(json.loads(json.dumps(options)))
        return left.pop(0)

    monkeypatch.setattr(jail, "run", run)
    return given


def line(**told: Any) -> bytes:
    return json.dumps(told).encode()


def begins(part: str, sample: int = 0, name: str = "") -> bytes:
    return line(sample=sample, name=name, begins=part)


def part(part: str, sample: int = 0, not_read: tuple[str, ...] = (), **fields: Any) -> bytes:
    return line(sample=sample, part=part, fields=fields, not_read=not_read)


def test_a_real_package_is_assessed(sample: Path, with_tlsh: None) -> None:
    told = assess(sample, LISTS, NOW, how=RLIMITS)
    assert told.manifest is not None
    assert (told.name, told.kind, told.manifest.package, told.whole) == ("sample.apk", "apk", PACKAGE, True)


@pytest.mark.needs("bwrap")
def test_both_jails_say_the_same(sample: Path) -> None:
    assert assess(sample, LISTS, NOW) == assess(sample, LISTS, NOW, how=RLIMITS)


def test_packages_inside_are_assessments_inside(tmp_path: Path) -> None:
    path = tmp_path / "both.zip"
    path.write_bytes(write_zip([Member("a.apk", write_apk()), Member("b.apk", write_apk())]))
    told = assess(path, LISTS, NOW, how=RLIMITS)
    assert (told.kind, [(one.name, one.kind) for one in told.inside]) == (
        "archive",
        [("a.apk", "apk"), ("b.apk", "apk")],
    )


DECISIONS = {
    "http://popular.example.cn/a": ("match", "url", "url", "popular.example.cn", "top:3"),
    "popular.example.cn": ("hold", "url", "popular", "popular.example.cn", "top:3"),
    "x.shared.example.cn": ("match", "name", "shared_below", "shared.example.cn", "shared:4"),
    "211.140.1.7": ("hold", "url", "cdn", "211.140.1.0/24", "cdn:5"),
    "c2.evil.cn": ("match", "name", "not_listed", "", ""),
}


@pytest.mark.parametrize(("text", "decision"), DECISIONS.items())
def test_each_address_has_the_allow_lists_decision(tmp_path: Path, text: str, decision: tuple[str, ...]) -> None:
    path = tmp_path / "a.apk"
    path.write_bytes(write_apk(dex=write_dex([text])))
    (address,) = assess(path, LISTS, NOW, how=RLIMITS).addresses
    assert (address.verdict, address.reach, address.reason, address.listed, address.list) == decision
    assert address.zh
    assert address.en


def test_what_belongs_to_nobody_has_no_decision_but_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.apk"
    path.write_bytes(write_apk(dex=write_dex(["http://192.168.1.1/x"])))
    (address,) = assess(path, LISTS, NOW, how=RLIMITS).addresses
    assert (address.kind, address.verdict, address.reason) == ("unfit", "", "unfit")


def test_a_number_has_no_decision(monkeypatch: pytest.MonkeyPatch, sample: Path) -> None:
    number = {"kind": "short_code", "text": "10658099", "form": "plain", "places": ["a"], "count": 1}
    answer(monkeypatch, Ended((part("findings", addresses=[number]),)))
    (address,) = assess(sample, LISTS, NOW, how=RLIMITS).addresses
    assert address == Address(
        "short_code", "10658099", "plain", ("a",), 1, reason="short_code", zh="短号", en="a short code"
    )


def test_the_part_that_ends_the_process_is_left_out_the_next_time(
    monkeypatch: pytest.MonkeyPatch, sample: Path
) -> None:
    first = Ended((begins("digests"), part("digests", size=4), begins("code")), "it was ended by signal 11")
    second = Ended((part("digests", size=4), part("findings", signs=["odd"])))
    given = answer(monkeypatch, first, second)
    told = assess(sample, LISTS, NOW, how=RLIMITS)
    assert [options["skip"] for options in given] == [[], [[0, "code"]]]
    assert (told.size, told.signs, told.not_read) == (4, ("odd",), (NotRead("code", "it was ended by signal 11"),))


def test_a_process_that_always_ends_early_is_run_so_often_only(monkeypatch: pytest.MonkeyPatch, sample: Path) -> None:
    runs = [Ended((part("digests", size=4), begins(f"part {number}")), "it was ended") for number in range(9)]
    given = answer(monkeypatch, *runs)
    told = assess(sample, LISTS, NOW, how=RLIMITS)
    assert len(given) == assembling.MOST_RUNS
    assert (told.size, len(told.not_read)) == (4, assembling.MOST_RUNS)


def test_a_process_that_ends_before_it_begins_is_run_once(monkeypatch: pytest.MonkeyPatch, sample: Path) -> None:
    assert len(answer(monkeypatch, Ended((), "it was ended by status 1"))) == 0
    told = assess(sample, LISTS, NOW, how=RLIMITS)
    assert told.not_read == (NotRead("start", "it was ended by status 1"),)
    assert told.digests is None


LIES = {
    "no JSON": b"{",
    "a list": b"[]",
    "no sample": b"{}",
    "a sample that cannot be": begins("digests", sample=99),
    "a sample that is no number": line(sample="0", name="", begins="x"),
    "fields that are none": line(sample=0, part="x", fields=[1], not_read=[]),
    "another shape": part("digests", size="large"),
    "an unknown field": part("digests", password="x"),
    "no text": b"\xff\xfe",
    "a nest": b"[" * 100_000,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_nothing_that_the_process_says_is_trusted(monkeypatch: pytest.MonkeyPatch, sample: Path, lie: bytes) -> None:
    answer(monkeypatch, Ended((lie, part("container", kind="apk"))))
    told = assess(sample, LISTS, NOW, how=RLIMITS)
    assert (told.kind, [one.part for one in told.not_read]) == ("apk", ["answer"])


def test_what_it_says_is_cleaned(monkeypatch: pytest.MonkeyPatch, sample: Path) -> None:
    answer(monkeypatch, Ended((part("container", not_read=("a\x1b[2Jb",), signs=["\u202egnp"]),)))
    told = assess(sample, LISTS, NOW, how=RLIMITS)
    assert (told.signs, told.not_read) == (("\ufffdgnp",), (NotRead("container", "a\ufffd[2Jb"),))


def test_a_file_that_is_too_large_is_not_opened(monkeypatch: pytest.MonkeyPatch, sample: Path) -> None:
    monkeypatch.setattr(jail, "MOST_FILE", 10)
    told = assess(sample, LISTS, NOW)
    assert told == Assessment(name="sample.apk", size=sample.stat().st_size, not_read=told.not_read)
    assert "the most that is read is 10" in told.not_read[0].reason


def test_without_its_jail_nothing_is_read(sample: Path) -> None:
    with pytest.raises(NoJail):
        assess(sample, LISTS, NOW, how="none")
