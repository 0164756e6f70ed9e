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
