"""The demonstration as people run it: everything it tells is so, with BIND and without, and no number leaves a log."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from tests.conftest import find_program

from cleannet.cli.demo_folder import MARKER

NETWORKS = {
    "named": "BIND (named)",
    "own": "small DNS servers of the demonstration itself on loopback (BIND is not installed)",
}
_WITHOUT_BIND = "from cleannet.cli import demo_network as n; n.find_named = lambda: None; "
_MAIN = "import sys; from cleannet.cli import main; sys.exit(main(sys.argv[1:]))"
# What digests are written as; a number that follows one directly is still found.
_DIGESTS = re.compile(rb"[0-9a-f]{64}|[0-9a-f]{32}")


@dataclass(frozen=True)
class Played:
    network: str
    folder: Path
    status: int
    out: str
    err: str

    @cached_property
    def numbers(self) -> set[bytes]:
        """Return every phone number of the generated logs, without country code."""
        found: set[bytes] = set()
        for log in self.folder.glob("edge-*/logs/*.csv"):
            found.update(re.findall(rb"16[49]0\d{7}", log.read_bytes()))
        return found

    def lines(self, *words: str) -> list[str]:
        """Return the printed lines that hold all of the words."""
        return [line for line in self.out.splitlines() if all(word in line for word in words)]


def run(*arguments: str, first: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", first + _MAIN, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env={**os.environ})


# The network that this machine would ask, and with --all the other one, too.
@pytest.fixture(
    scope="module", params=["named", pytest.param("own", marks=[pytest.mark.all] if find_program("named") else [])]
)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play the demonstration once with a network."""
    if request.param == "named":
        request.getfixturevalue("program")("named")
    folder = tmp_path_factory.mktemp("demo")
    (folder / "hub").mkdir()
    for name in (MARKER, "left", "hub/left"):
        (folder / name).write_text("left by an earlier run")
    first = "" if request.param == "named" else _WITHOUT_BIND
    done = run("demo", "--folder", str(folder), "--no-serve", first=first)
    return Played(request.param, folder, done.returncode, done.stdout, done.stderr)


def test_it_ends_well_and_says_which_network_it_asked(played: Played) -> None:
    assert (played.status, played.err) == (0, "")
    assert f"Blocking was asked of: {NETWORKS[played.network]}." in played.out


def test_the_big_program_goes_through_all_grades(played: Played) -> None:
    graded = played.lines("事件分级", "国家互联网应急中心", "a.remote.lanyu.b")
    assert [re.findall(r"(一般 IV|较大 III|特别重大 I|重大 II)", line)[0] for line in graded] == [
        "一般 IV",
        "较大 III",
        "重大 II",
        "特别重大 I",
    ]
    figures = [int(re.findall(r"\(([\d,]+) 号码", line)[0].replace(",", "")) for line in graded]
    assert [figure > over for figure, over in zip(figures[1:], (10_000, 50_000, 100_000), strict=True)] == [True] * 3


def test_the_other_programs_end_as_the_story_has_it(played: Played) -> None:
    (paid,) = played.lines("demo-", "a.payment.duanhua.a", "已结案 Closed")
    (small,) = played.lines("demo-", "a.rogue.xuanfu.a", "处理中 Open")
    assert "较大 III" in paid
    assert "1111680.00" in paid
    assert int(paid.split()[2].replace(",", "")) < 10_000
    assert "一般 IV" in small


def test_one_report_is_on_time_and_one_late(played: Played) -> None:
    (late,) = played.lines("报送事件", "LATE")
    assert "移动通信运营企业乙" in late
    assert "十(二) 逾期 LATE by 0:37" in late
    assert played.lines("报送事件", "移动通信运营企业甲", "十(二) 按时 on time")


def test_one_takedown_verifies_the_second_time_and_one_at_once(played: Played) -> None:
    for program, expected in (
        ("a.remote.lanyu.b", ["Gone"] + ["Still there"] * 2 + ["Gone"] * 5),
        ("a.payment", ["Gone"]),
    ):
        seen = played.lines("Verification answered", program)
        assert ["Still there" if "仍存在 Still there" in line else "Gone" for line in seen] == expected


def test_the_allow_listed_name_is_held_and_not_orderable(played: Played) -> None:
    assert len(played.lines("Held, not counted: api.map.example.net")) == 2
    assert played.lines("hold: 正常服务所有者的名称")
    assert played.lines("api.map.example.net is on an allow-list", "is not blocked by name")
    assert "api.map" not in (played.folder / "zone" / "rpz.cleannet.zone").read_text()


def test_duties_are_open_with_time_left(played: Played) -> None:
    owed = played.out.split("Open duties with a limit:")[1].split("\n\n")[0].splitlines()[2:]
    assert len(owed) == 2
    assert all(re.search(r" 1:5\d$", line) for line in owed)


def test_the_zone_holds_every_blocked_name(played: Played) -> None:
    zone = (played.folder / "zone" / "rpz.cleannet.zone").read_text()
    for host in ("c2.lanyu.example.com", "c2.lanyu-bak.example.net", "dl.lanyu.example.org", "pay.duanhua.example.com"):
        assert f"\n{host}.rpz.cleannet. IN CNAME .\n*.{host}.rpz.cleannet. IN CNAME .\n" in zone


def test_the_papers_are_there_in_both_forms(played: Played) -> None:
    papers = list((played.folder / "papers").iterdir())
    stems = {path.stem for path in papers}
    assert len(papers) == 2 * len(stems) == 56
    assert {path.read_bytes()[:4] for path in papers if path.suffix == ".pdf"} == {b"%PDF"}
    assert {path.read_bytes()[:2] for path in papers if path.suffix == ".docx"} == {b"PK"}
    reports = {stem for stem in stems if "-A3-" in stem}
    feedback = {stem for stem in stems if re.search(r"-F\d*-", stem)}
    assert (len(reports), len(feedback), len(stems - reports - feedback)) == (6, 18, 4)
    assert len({stem for stem in feedback if stem.endswith("-v2")}) == 9


def test_the_export_verifies_and_a_changed_byte_is_found(played: Played, tmp_path: Path) -> None:
    assert played.lines("The ledger is whole")
    export = (played.folder / "ledger.export").read_bytes()
    assert run("ledger", "verify", "--export", str(played.folder / "ledger.export")).returncode == 0
    changed = tmp_path / "changed"
    changed.write_bytes(export.replace(b"10800", b"10801", 1))
    assert changed.read_bytes() != export
    assert run("ledger", "verify", "--export", str(changed)).returncode == 1


def test_no_number_of_the_logs_is_anywhere_else(played: Played) -> None:
    assert len(played.numbers) > 100_000
    scanned = 0
    texts = [(Path("stdout"), played.out.encode()), (Path("stderr"), played.err.encode())]
    for path in played.folder.rglob("*"):
        if path.is_file() and path.parent.name != "logs":
            texts.append((path, path.read_bytes()))
    for path, text in texts:
        scanned += len(text)
        near = re.findall(rb"(?=(16[49]0\d{7}))", _DIGESTS.sub(b" ", text))
        assert [number for number in near if number in played.numbers] == [], path
    assert scanned > 1_000_000


def test_passwords_are_made_for_every_person_and_kept_nowhere(played: Played) -> None:
    told = played.out.split("One-time passwords")[1]
    accounts = dict(re.findall(r"^  ([a-z0-9-]+) +([\w-]{16}) ", told, re.MULTILINE))
    assert set(accounts) == {"miit", "cncert", "cncert-2", "js-ca", "op-a", "op-b", "registrar"}
    assert len(set(accounts.values())) == 7
    kept = [path.read_bytes() for path in played.folder.rglob("*") if path.is_file()]
    assert not [name for name, password in accounts.items() if any(password.encode() in text for text in kept)]


def test_what_an_earlier_run_left_is_gone(played: Played) -> None:
    assert not (played.folder / "left").exists()
    assert not (played.folder / "hub" / "left").exists()
    assert (played.folder / MARKER).is_file()
