import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.edge.test_contacts import collected

from cleannet.core.tally import SLOT, WINDOW
from cleannet.formats import canonical, tally
from cleannet.formats.tally import ProgramTally, Scale

START = 1_763_769_600_000_000


def scale() -> Scale:
    seen = [(START + number * SLOT // 2, b"%d" % number, "44" if number % 2 else "") for number in range(5)]
    found = collected([*seen, (START + 2 * WINDOW, b"0", "")])
    return tally.scale_of(*found.counts([2, 4, 9])["P", "infected"])


PROGRAM = ProgramTally("Evil", 6, scale(), Scale(), -12_345, 2, 1)
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "subscribers": "numbers",
    "window": "24h",
    "found_at": "2026-11-22T08:00:00Z",
    "batch": "ab",
    "release": 7,
    "sources": [
        {"file": "a", "first": "2026-11-22T00:00:00Z", "last": "2026-11-22T01:00:00Z"},
        {"file": "b", "first": None, "last": None},
        {"file": "c", "first": "2026-11-21T00:00:00Z", "last": "2026-11-21T01:00:00Z"},
    ],
    "programs": [tally.write_program(PROGRAM)],
}


def test_a_tally_is_written_and_read() -> None:
    canonical.encode(DOCUMENT)
    found = tally.read(copy.deepcopy(DOCUMENT))
    assert found.programs == (PROGRAM,)
    assert (found.subscribers, found.batch, found.release) == ("numbers", "ab", 7)
    assert found.first == datetime(2026, 11, 21, tzinfo=UTC)
    assert found.last == datetime(2026, 11, 22, 1, tzinfo=UTC)
    assert set(found.programs[0].infected.crossings) == {2, 4}
    assert set(found.programs[0].infected.by_province) == {"unknown", "44"}


def test_a_revision_in_parts_names_what_stands() -> None:
    assert tally.read(copy.deepcopy(DOCUMENT)).unchanged == ()
    assert tally.read(DOCUMENT | {"unchanged": ["Other", "Third"]}).unchanged == ("Other", "Third")


@pytest.mark.parametrize("names", ["Other", [""], [1], None, ["Evil"], ["Other", "Other"]])
def test_what_names_nothing_that_stands(names: object) -> None:
    with pytest.raises(tally.BadTally, match=r"tally\.(unchanged|programs): "):
        tally.read(DOCUMENT | {"unchanged": names})


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (123, "1.23"), (-205, "-2.05"), (10**11, "1000000000.00")]
)
def test_yuan(fen: int, text: str) -> None:
    assert tally.yuan(fen) == text


def first(document: dict[str, Any]) -> dict[str, Any]:
    program: dict[str, Any] = document["programs"][0]
    return program


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d.pop("schema"), "tally.schema"),
        (lambda d: d.update(schema=2), "tally.schema"),
        (lambda d: d.update(schema=True), "tally.schema"),
        (lambda d: d.update(subscribers="people"), "tally.subscribers"),
        (lambda d: d.update(window="12h"), "tally.window"),
        (lambda d: d.update(release=0), "tally.release"),
        (lambda d: d.update(release="7"), "tally.release"),
        (lambda d: d.update(found_at="now"), "tally.found_at"),
        (lambda d: d.update(programs={}), "tally.programs"),
        (lambda d: d.update(programs=["x"]), r"tally.programs\[0\]"),
        (lambda d: d["programs"].append(first(d)), "tally.programs: a program is named twice"),
        (lambda d: first(d).update(program=""), r"programs\[0\].program"),
        (lambda d: first(d).update(hits=-1), r"programs\[0\].hits"),
        (lambda d: first(d).update(loss_fen=1), "loss_yuan"),
        (lambda d: first(d)["infected"].update(maximum_24h=4), "contradict"),
        (lambda d: first(d)["infected"].update(maximum_24h=6), "contradict"),
        (lambda d: first(d)["infected"].update(maximum_at=None), "contradict"),
        (lambda d: first(d)["infected"]["crossings"].append({"over": 5, "at": "2026-11-22T08:00:00Z"}), "contradict"),
        (lambda d: first(d)["infected"]["curve"].append([1]), "start, least and greatest"),
        (lambda d: first(d)["infected"]["curve"].reverse(), "slots begin"),
        (lambda d: first(d)["infected"]["curve"][0].__setitem__(0, "2026-11-22T08:00:01Z"), "slots begin"),
        (lambda d: first(d)["infected"]["curve"][0].__setitem__(0, 1), "moment"),
        (lambda d: first(d)["infected"]["curve"][0].__setitem__(1, 9), "slots begin"),
        (lambda d: first(d)["infected"]["by_province"]["44"].update(subscribers=0), "contradict"),
        (lambda d: first(d).update(exposed=[]), "exposed"),
    ],
)
def test_a_wrong_tally_is_refused(change: Callable[[dict[str, Any]], object], place: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    with pytest.raises(tally.BadTally, match=place):
        tally.read(document)


@pytest.mark.parametrize("document", [None, [], "x", {}])
def test_what_is_no_tally_is_refused(document: object) -> None:
    with pytest.raises(tally.BadTally, match="tally"):
        tally.read(document)
