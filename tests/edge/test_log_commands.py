import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.edge.conftest import HEAD, rows

from cleannet.core.indicator import Indicator, parse
from cleannet.formats import envelope, release, tally

Written = Callable[[str, str | bytes], Path]
Edge = Callable[..., int]


def test_a_passed_threshold_prints_the_deadline(
    written: Written, edge: Edge, numbers: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    log = written("a.csv", HEAD + rows(10_001))
    before = datetime.now(UTC)
    assert edge("detect", log, *numbers, "--json") == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert "较大 III by 八" in printed.err
    assert "incident.reported to" in printed.err
    program = tally.read(document).programs[0]
    assert (program.program, program.infected.maximum, program.loss_fen) == ("evil", 10_001, 100_010)
    assert list(program.infected.crossings) == [10_000]
    assert before <= tally.read(document).found_at <= datetime.now(UTC)
    assert document["policy"]["id"] == "mobile_malware_2011"
    assert edge("detect", log, *numbers) == 0
    printed = capsys.readouterr()
    assert "较大 III by 八" in printed.out
    assert "incident.reported to" in printed.out
    assert printed.err == ""


@pytest.mark.parametrize("name", ["statistics.example", "log.statistics.example"])
def test_explain(edge: Edge, written: Written, capsys: pytest.CaptureFixture[str], name: str) -> None:
    lists = ["--watchlist", written("w/ioc.yaml", "- name: Spy\n  c2:\n    domains:\n    - log.statistics.example\n")]
    lists += ["--allow", written("allow.conf", "server=/statistics.example/192.0.2.1\n")]
    assert edge("explain", name, *lists, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["counts"] is False
    assert answer["as_indicator"]["verdict"] == "hold"
    assert [match["line"] for match in answer["matches"]] == ([4] if name.startswith("log") else [])
    assert edge("explain", name, *lists) == 0
    assert "hold" in capsys.readouterr().out


def test_explain_with_a_waiver(edge: Edge, written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    waiver = '[[waiver]]\nindicator = "log.statistics.example"\napprover = "A"\nexpires = 2099-01-01T00:00:00Z\n'
    lists = ["--watchlist", written("w.txt", "log.statistics.example\n")]
    lists += ["--allow", written("allow.conf", "server=/statistics.example/192.0.2.1\n")]
    lists += ["--allow", written("own.toml", waiver)]
    assert edge("explain", "log.statistics.example", *lists, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["counts"], answer["matches"][0]["allow"]["reason"]) == (True, "waived")


def test_a_release_signed_by_another_is_refused(
    edge: Edge, written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    key, other = envelope.new_key(), envelope.new_key().public_key()
    found = (Indicator(parse("evil.example"), "Evil", "control", "infected", "android_evil.txt", 17),)
    content = release.Release(7, "CNCERT", "P", now - timedelta(1), now + timedelta(1), "name", found)
    signed = written("r.release", release.sign(content, key, envelope.key_id(key.public_key())))
    ours = written("ours.pub", envelope.write_public(key.public_key()))
    theirs = written("theirs.pub", envelope.write_public(other))
    assert edge("explain", "evil.example", "--watchlist", signed, "--hub-key", ours) == 0
    assert "release 7 of CNCERT, android_evil.txt:17" in capsys.readouterr().out
    assert edge("explain", "evil.example", "--watchlist", signed, "--hub-key", theirs) == 1
    assert "not among the trusted" in capsys.readouterr().err


def test_bad_input_gets_its_sentence_and_stops_nothing(
    written: Written, edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    at = int(datetime.now(UTC).timestamp()) - 600
    good = "".join(f"{at},10.0.0.{number},evil.example\n" for number in (1, 2))
    logs = {
        "changes.csv": f"evil.example,{at},10.0.0.3\n{at},10.0.0.4,x,evil.example\n",
        "huge.csv": f"{at},10.0.0.3," + "x" * 10_000_000 + "\n",
        "nul.csv": f"\0\0\0\n{at},10.0.0.3,evil\0.example\n",
        "zone.csv": f"{at + 8 * 3600},10.0.0.3,evil.example\n",
        "years.csv": "".join(f"{when},10.0.0.3,evil.example\n" for when in (at + 10**9, -5, "9" * 30)),
        "old.csv": f"{at - 10 * 365 * 86_400},10.0.0.3,evil.example\n",
    }
    paths = [written(name, "t,a,h\n" + good + bad + good) for name, bad in logs.items()]
    zeek = "#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tquery\n" + good.replace(",", "\t")
    paths.append(written("dns.log", zeek + f"#fields\tquery\tts\tid.orig_h\nevil.example\t{at}\t10.0.0.3\n"))
    columns = 'schema = 1\nfiles = ["*.csv"]\ntime_form = "epoch_s"\n[columns]\ntime = "t"\naddress = "a"\nhost = "h"\n'
    watchlist = written("list.txt", "# program: Evil\n*.com\ncom\n0.0.0.0/0\n::/0\nevil.example\n")
    lists = ["--watchlist", watchlist, "--mapping", written("m.toml", columns), "--lateness", 60]
    assert edge("detect", *paths, *lists, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    (program,) = document["programs"]
    # Two rows before and two after in each log, and of the last one three.
    assert (program["hits"], program["infected"]["subscribers"]) == (6 * 4 + 3, 3)
    assert document["rows"] == {"read": 37, "broken": 8, "late": 1, "unmapped": 0}
    why = {(Path(row["file"]).name, row["line"]): row["reason"] for row in document["broken"]}
    assert why == {
        ("changes.csv", 4): "the time cannot be read",
        ("changes.csv", 5): "3 fields were expected and 4 found",
        ("huge.csv", 4): "the line is longer than 1 MiB or was cut off",
        ("nul.csv", 4): "3 fields were expected and 1 found",
        ("zone.csv", 4): "the time lies in the future: is its time zone right?",
        ("years.csv", 4): "the time lies in the future",
        ("years.csv", 5): "the time cannot be read",
        ("years.csv", 6): "the time cannot be read",
    }
    listed = {left["line"]: left["reason"] for left in document["indicators"]["not_understood_first"]}
    assert listed == {
        2: "it is a public suffix, under which unrelated owners hold names",
        3: "it is a public suffix, under which unrelated owners hold names",
        4: "a network of /0 is too wide: /16 is the widest",
        5: "a network of /0 is too wide: /32 is the widest",
    }
