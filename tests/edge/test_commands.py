import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cleannet.core.indicator import Indicator, parse
from cleannet.formats import envelope, release, tally

Written = Callable[[str, str | bytes], Path]
Edge = Callable[..., int]
TallyOf = Callable[..., dict[str, Any]]
START = datetime(2025, 11, 22, tzinfo=UTC)
MAPPING = """\
schema = 1
time_zone = "Asia/Shanghai"
[columns]
time = "time"
number = "phone"
host = "name"
uri = "uri"
province = "province"
fee = "fee"
record = "record"
[fee]
unit = "yuan"
every_row = true
"""
HEAD = "time,phone,name,uri,province,fee,record\n"


def rows(count: int, first: int = 0, name: str = "evil.example") -> str:
    return "".join(
        f"{START + timedelta(milliseconds=number):%Y-%m-%d %H:%M:%S},138{number:08},{name},,44,0.10,r{number}\n"
        for number in range(first, first + count)
    )


@pytest.fixture
def numbers(written: Written, edge: Edge, tmp_path: Path) -> list[object]:
    """Return the options of a run over phone numbers."""
    assert edge("key", tmp_path / "key") == 0
    watchlist = written("android_evil.txt", "evil.example\n")
    return ["--watchlist", watchlist, "--mapping", written("m.toml", MAPPING), "--key", tmp_path / "key"]


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


def test_no_number_reaches_any_output(
    written: Written, edge: Edge, numbers: list[object], tmp_path: Path, capfd: pytest.CaptureFixture[str], hub: Any
) -> None:
    planted = [f"138{number:08}" for number in range(8)] + ["13912345678"]
    text = HEAD + "".join(
        f"2025-11-22 08:00:00,{number},evil.example,/x?tel={number},{number},0.10,rec-{number}\n" for number in planted
    )
    broken = [
        "soon,13800000000,evil.example,,44,,\n",
        "2025-11-22 08:00:00,13912345678x,evil.example,,44,,\n",
        "2025-11-22 08:00:00,13912345678,evil.example,,44,13800000001,r\n",
        "13800000000,13800000001\n",
        '2025-11-22 08:00:00,13800000002,"13912345678\n',
    ]
    good = written("8613800000003/+86 138-0000-0004.csv", text)
    bad = written("008613800000005.csv", HEAD + "".join(broken))
    headless = written("13800000006.csv", text.removeprefix(HEAD))
    cut = written("13800000007.csv.gz", gzip.compress((HEAD + text * 50).encode())[:-40])
    urls = written("urls.csv", HEAD + "2025-11-22 08:00:00,13800000001,http://13912345678@evil.example/13800000002,\n")
    wrong = written("wrong.toml", MAPPING.replace('"phone"', '"msisdn"'))
    assert edge("enrol", "--edge", "e", "--party", "P", "--hub-key", written("hub.pub", hub.keys)) == 0
    assert edge("detect", good, bad, *numbers, "--out", tmp_path / "T.json", "--spool") == 0
    assert edge("detect", good, bad, *numbers, "--json") == 0
    assert edge("detect", cut, urls, *numbers) == 0
    assert edge("detect", tmp_path / "13800000003.csv", *numbers) == 2
    assert edge("detect", good, *numbers, "--batch", "of 13912345678", "--spool") == 2
    assert edge("explain", "13912345678", *numbers[:2]) == 2
    assert edge("detect", headless, *numbers) == 2
    assert edge("detect", good, *numbers[:2], "--mapping", wrong, *numbers[4:]) == 2
    token = written("token", "t")
    token.chmod(0o600)
    for command in ("report", "heartbeat", "audit"):
        assert edge(command, "--hub", hub.url, "--token-file", token) == 0
    printed = capfd.readouterr()
    inputs = {good, bad, headless, cut, urls}
    outputs = [path for path in tmp_path.rglob("*") if path.is_file() and path not in inputs]
    texts = [printed.out.encode(), printed.err.encode(), *(path.read_bytes() for path in outputs)]
    texts += [body for _, _, _, body in hub.requests]
    assert len(outputs) > 8
    for text_out in texts:
        for number in planted:
            assert number.encode() not in text_out
            assert number[:3].encode() + b"-" + number[3:7].encode() not in text_out
    document = json.loads((tmp_path / "T.json").read_bytes())
    assert document["rows"]["read"] == 14
    assert document["rows"]["broken"] == 5
    assert document["programs"][0]["infected"]["subscribers"] == 9


WHO = """\
schema = 1
kind = "assignments"
time_zone = "Asia/Shanghai"
files = ["*radius*"]
[columns]
from = "from"
to = "to"
address = "ip"
number = "phone"
"""


def test_no_number_of_an_assignment_reaches_any_output(
    written: Written, edge: Edge, numbers: list[object], tmp_path: Path, capfd: pytest.CaptureFixture[str], hub: Any
) -> None:
    planted = [f"138{number:08}" for number in range(8)]
    head = "from,to,ip,phone\n"
    good = "".join(f"2025-11-22 08:00:00,,10.0.0.{last},{number}\n" for last, number in enumerate(planted))
    broken = "soon,,10.0.0.1,13800000001\n13800000002,13800000003\n2025-11-22,,13800000004,13800000005x\n"
    shared = "2025-11-22 08:00:00,,10.0.0.7,13800000006\n"
    radius = written("13800000000-radius.csv", head + good + broken + shared)
    cut = written("cut-radius.csv.gz", gzip.compress((head + good * 2000).encode())[:-40])
    zeek = "#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tquery\n" + "".join(
        f"{(START + timedelta(hours=1)).timestamp()}\t10.0.0.{last}\tevil.example\n" for last in range(10)
    )
    log = written("dns.log", zeek)
    joined = [log, *numbers, "--mapping", written("who.toml", WHO), "--assignments"]
    assert edge("enrol", "--edge", "e", "--party", "P", "--hub-key", written("hub.pub", hub.keys)) == 0
    assert edge("detect", *joined, radius, "--out", tmp_path / "T.json", "--spool") == 0
    assert edge("detect", *joined, radius, "--json") == 0
    assert edge("detect", *joined, radius, "--assignments", cut, "--assignment-slack", 60) == 0
    printed = capfd.readouterr()
    assert "cut-radius.csv.gz: the compressed data ends too early" in printed.err
    assert "7 joined with the number that had it, 3 counted for nobody (2 without an assignment then" in printed.out
    assert edge("detect", *joined, written("headless-radius.csv", good)) == 2
    assert edge("detect", *joined, tmp_path / "13800000005-radius.csv") == 2
    assert edge("detect", *joined, written("13800000006.csv", head + good)) == 2
    refused = capfd.readouterr()
    inputs = {path for path in tmp_path.iterdir() if path.suffix in (".csv", ".gz")}
    outputs = [path for path in tmp_path.rglob("*") if path.is_file() and path not in inputs]
    texts = [text.encode() for text in (printed.out, printed.err, refused.out, refused.err)]
    for text in (*texts, *(path.read_bytes() for path in outputs)):
        assert [number for number in planted if number.encode() in text] == []
    document = json.loads((tmp_path / "T.json").read_bytes())
    assert (document["subscribers"], document["programs"][0]["infected"]["subscribers"]) == ("numbers", 7)
    assert document["assignments"]["rows"] == {"joined": 7, "unknown": 2, "no_port": 0, "ambiguous": 1}
    assert len(document["assignments"]["broken"]) == 3


def test_the_whole_way_to_the_hub(
    written: Written, edge: Edge, numbers: list[object], tmp_path: Path, hub: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    found = (Indicator(parse("evil.example"), "Evil", "control", "infected", ""),)
    content = release.Release(7, "CNCERT", "P", now - timedelta(1), now + timedelta(1), "name", found)
    hub.release = release.sign(content, hub.key, envelope.key_id(hub.key.public_key()))
    way = ["--hub", hub.url, "--token-file", written("token", "t")]
    (tmp_path / "token").chmod(0o600)
    log = written("a.csv", HEAD + rows(3))
    assert edge("pull", *way) == 2
    assert edge("enrol", "--edge", "e", "--party", "P", "--hub-key", written("hub.pub", hub.keys)) == 0
    assert edge("detect", log, *numbers[2:]) == 2
    assert edge("pull", *way) == 0
    assert edge("detect", log, *numbers[2:], "--spool") == 0
    hub.status = 503
    assert edge("report", *way) == 1
    assert "waiting in the spool: 1" in capsys.readouterr().err
    hub.status = 0
    assert edge("report", *way) == 0
    assert edge("heartbeat", *way) == 0
    assert edge("audit", *way) == 0
    before = (tmp_path / "state" / "identity.pem").read_bytes()
    assert edge("rotate", *way) == 0
    assert (tmp_path / "state" / "identity.pem").read_bytes() != before
    assert edge("heartbeat", *way) == 0
    sent = [json.loads(json.loads(body)["payload"]) for _, path, _, body in hub.requests if path == "/api/v1/tallies"]
    assert [item["release"] for item in sent] == [7, 7]
    assert sent[0] == sent[1]
    assert tally.read(sent[0]["tally"]).programs[0].infected.maximum == 3
    assert [item["sequence"] for item in sent] == [1, 1]
    hub.leaves[:] = []
    assert edge("audit", *way) == 1
    assert "no longer begins with" in capsys.readouterr().err


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "com", "--watchlist", "{w}"], "public suffix"),
        (["explain", "a.example"], "no watchlist"),
        (["explain", "a.example", "--watchlist", "{missing}"], "cannot be read"),
        (["detect", "{log}", "--watchlist", "{w}", "--policy", "nonsense"], "no law “nonsense”"),
        (
            ["detect", "{log}", "--watchlist", "{w}", "--policy", "incident_reporting_2025"],
            "does not grade on infected",
        ),
        (["detect", "{log}", "--watchlist", "{w}", "--key", "{missing}"], "edge key"),
        (["detect", "{log}", "--watchlist", "{w}", "--mapping", "{missing}"], "cannot be read"),
        (["detect", "{log}", "--watchlist", "{w}", "--spool"], "edge enrol"),
        (["detect", "{log}", "--watchlist", "{w}", "--time-zone", "Mars"], "“Mars” is not the name"),
        (["detect", "{log}", "--watchlist", "{w}", "--time-zone", "../x"], "is not the name of a time zone"),
        (["detect", "{log}", "--watchlist", "{w}", "--out", "{missing}/x"], "cannot be written"),
        (["detect", "{log}", "--watchlist", "{w}", "--assignments", "{w}"], "give the operator's key with --key"),
        (
            ["detect", "{log}", "--watchlist", "{w}", "--assignments", "{w}", "--key", "{key}"],
            'no --mapping of kind = "assignments" fits this file',
        ),
        (
            "detect {log} --watchlist {w} --assignments {w} --key {key} --assignment-slack -1".split(),
            "between 0 and 86400 seconds",
        ),
        (["heartbeat", "--hub", "http://127.0.0.1:9", "--token-file", "{w}"], "edge enrol"),
    ],
)
def test_wrong_use_has_its_sentence(
    edge: Edge, written: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    places = {
        "w": written("w.txt", "evil.example\n"),
        "log": written("dns.log", "#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tquery\n"),
        "missing": tmp_path / "missing",
        "key": written("key", "ab" * 32),
    }
    (tmp_path / "key").chmod(0o600)
    assert edge(*(word.format(**places) for word in arguments)) == 2
    assert words in capsys.readouterr().err


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
