import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cleannet.cli import demo_data as data
from cleannet.cli.demo_data import OPERATORS
from cleannet.cli.demo_edge import Edge
from cleannet.core.indicator import Indicator, counted_as, parse
from cleannet.edge.hub import HubAway
from cleannet.formats import canonical, envelope, messages, release
from cleannet.formats.messages import TallyMessage

BEGIN = datetime(2026, 11, 21, 2, tzinfo=UTC)


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    """Return an enrolled edge that took a release of what counts in the demonstration."""
    made = Edge(tmp_path / "edge", OPERATORS[0], BEGIN)
    key = envelope.new_key()
    (tmp_path / "hub.pub").write_text(envelope.write_public(key.public_key()) + "\n")
    public = made.enrol(tmp_path / "hub.pub", "token")
    assert public == made.state.public_key()
    watched = ((data.BIG, data.CONTROL, "control"), (data.PAID, data.PAY, "control"))
    indicators = tuple(
        Indicator(parse(text), program, role, counted_as(role), "demo", line)
        for line, (program, text, role) in enumerate(watched)
    )
    published = release.Release(1, "cncert", "operators", BEGIN, BEGIN + timedelta(days=30), "name", indicators)
    made.state.take_release(release.sign(published, key, envelope.key_id(key.public_key())), BEGIN)
    return made


def spooled(edge: Edge) -> list[TallyMessage]:
    return [messages.read_tally(canonical.decode(message)["payload"].encode()) for _, message in edge.state.waiting()]


def test_the_growing_log_is_one_batch_whose_counts_replace_each_other(edge: Edge) -> None:
    for hour in (1, 2):
        counted = edge.count(edge.logs.dns_until(hour), BEGIN + timedelta(hours=hour))
    messages = spooled(edge)
    assert [(message.sequence, message.revision) for message in messages] == [(1, 1), (2, 2)]
    assert {message.batch for message in messages} == {"edge-op-a dns.csv"}
    (big,) = [program for program in counted.run.tally.programs if program.program == data.BIG]
    assert big.infected.maximum == 3_000
    assert any("Held, not counted: api.map.example.net" in line for line in counted.lines)


def test_every_file_of_bills_is_a_batch_of_its_own(edge: Edge) -> None:
    for after, until in ((0, 20), (20, 26)):
        edge.count(edge.logs.bills_between(after, until), BEGIN + timedelta(hours=until))
    messages = spooled(edge)
    assert len({message.batch for message in messages}) == 2
    losses = [message.tally().programs[0].loss_fen for message in messages]
    assert losses[0] < 100_000_000 < sum(losses)


def test_no_number_reaches_the_tally_or_the_edges_state(edge: Edge) -> None:
    log = edge.logs.dns_until(2)
    edge.count(log, BEGIN + timedelta(hours=2))
    numbers = set(re.findall(r"1640\d{7}", log.read_text()))
    assert len(numbers) > 3_000
    written = [edge.folder / "T.json", *(path for path in edge.state.folder.rglob("*") if path.is_file())]
    found = [number for path in written for number in re.findall(r"1640\d{7}", path.read_text())]
    assert [number for number in found if number in numbers] == []
    assert json.loads((edge.folder / "T.json").read_text())["held"][0]["listed"] == data.ALLOWED


def test_the_edge_explains_the_name_it_holds(edge: Edge) -> None:
    lines = "\n".join(edge.explain(data.ORDINARY, BEGIN))
    assert f"matches {data.ORDINARY}" in lines
    assert "hold: 正常服务所有者的名称，待人工决定" in lines


def test_what_the_hub_does_not_take_waits(edge: Edge) -> None:
    edge.count(edge.logs.dns_until(1), BEGIN + timedelta(hours=1))
    nobody = "http://127.0.0.1:9"
    with pytest.raises(HubAway):
        edge.report(nobody, BEGIN)
    with pytest.raises(HubAway):
        edge.pull(nobody, BEGIN)
    assert len(list(edge.state.waiting())) == 1
    assert edge.audit(nobody) == []
