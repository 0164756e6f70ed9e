import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.edge.conftest import HEAD, MAPPING, START, rows

from cleannet.core.indicator import Indicator, parse
from cleannet.formats import envelope, release, tally

Written = Callable[[str, str | bytes], Path]
Edge = Callable[..., int]
TallyOf = Callable[..., dict[str, Any]]


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
    assert edge("follow", good.parent, bad, cut, urls, headless, *numbers, "--once", "--spool") == 1
    token = written("token", "t")
    token.chmod(0o600)
    for command in ("send", "heartbeat", "audit"):
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
    assert edge("send", *way) == 1
    assert "waiting in the spool: 1" in capsys.readouterr().err
    hub.status = 0
    assert edge("send", *way) == 0
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
