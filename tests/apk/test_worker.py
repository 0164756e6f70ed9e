import io
import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from tests.apk.made_apk import write_apk
from tests.apk.made_zip import Member, write_zip

from cleannet.apk import assessing, worker
from cleannet.apk.assessing import PARTS, Fields
from cleannet.apk.sample import Sample


@pytest.fixture
def alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGVTALRM, worker._stop)
    yield
    signal.signal(signal.SIGVTALRM, before)


def told(data: bytes, skip: tuple[tuple[int, str], ...] = (), seconds: float = 30) -> list[Mapping[str, Any]]:
    lines: list[Mapping[str, Any]] = []
    worker.take_apart(data, b"", skip, seconds, lines.append)
    return lines


def parts(lines: list[Mapping[str, Any]]) -> list[tuple[int, str]]:
    return [(line["sample"], line["part"]) for line in lines if "part" in line]


def test_every_part_begins_and_ends_in_order(alarm: None, with_tlsh: None) -> None:
    lines = told(write_apk())
    wanted = [*PARTS, "inside"]
    assert [line["begins"] for line in lines if "begins" in line] == wanted
    assert parts(lines) == [(0, part) for part in wanted]
    assert all(line["not_read"] == [] for line in lines if "part" in line)


def test_packages_inside_an_archive_are_samples_too(alarm: None) -> None:
    lines = told(write_zip([Member("a.apk", write_apk()), Member("b.apk", write_apk())]))
    assert {line["sample"]: line["name"] for line in lines if "begins" in line} == {0: "", 1: "a.apk", 2: "b.apk"}


def test_a_part_may_be_left_out(alarm: None) -> None:
    lines = told(write_apk(), ((0, "code"), (0, "inside")))
    assert parts(lines) == [(0, part) for part in PARTS if part != "code"]


def test_a_part_that_takes_too_long_is_stopped_and_the_next_begins(
    alarm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(sample: Sample) -> Fields:
        while True:
            try:
                while True:
                    pass
            except Exception:  # noqa: BLE001 - as a foreign reader might do
                continue

    monkeypatch.setattr(assessing, "PARTS", {"endless": endless, "digests": assessing.digests})
    began = time.process_time()
    lines = told(b"abc", seconds=0.2)
    assert time.process_time() - began < 5
    by_part = {line["part"]: line for line in lines if "part" in line}
    assert by_part["endless"]["not_read"] == ["it took more than 0.2 s of work"]
    assert by_part["digests"]["fields"]["size"] == 3


@pytest.mark.parametrize("error", [ValueError("bad"), MemoryError("much"), RecursionError("deep")])
def test_a_part_that_breaks_says_how(alarm: None, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def breaks(sample: Sample) -> Fields:
        raise error

    monkeypatch.setattr(assessing, "PARTS", {"breaks": breaks})
    (line, _) = [line for line in told(b"") if "part" in line]
    assert line["not_read"] == [f"{type(error).__name__}: {error}"]


def test_it_reads_standard_input_and_writes_lines_of_json(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(write_apk())))
    monkeypatch.setattr(sys, "stdout", out)
    before = signal.getsignal(signal.SIGVTALRM)
    monkeypatch.setattr(worker.gc, "disable", lambda: None)
    monkeypatch.setattr(worker.logging, "disable", lambda level: None)
    worker.main({"password": "", "skip": [[0, "code"]], "seconds": 30})
    signal.signal(signal.SIGVTALRM, before)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert parts(lines) == [(0, part) for part in [*PARTS, "inside"] if part != "code"]
