import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from cleannet.formats import rpz
from cleannet.hub.disposal.channels.channel import Change, DeliveryFailed
from cleannet.hub.disposal.channels.zone_file import ZoneFile

ZONE = "rpz.cleannet."


def change(revision: int, standing: Iterable[str]) -> Change:
    return Change(revision, [], [], lambda: standing)


def left(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if "zone" in name)


def test_the_file_holds_what_stands_and_is_replaced_in_one_step(tmp_path: Path) -> None:
    place = ZoneFile(tmp_path, ZONE)
    seen: list[str] = []

    def hold() -> None:
        seen.append(place.path.read_text() if place.path.exists() else "")

    (tmp_path / f".{ZONE}zone.abcd").write_text("left by a worker that was killed")
    place.bring(change(7, ["a.example", "b.example"]), hold)
    assert place.path.read_text() == rpz.write(["a.example", "b.example"], ZONE, 7)
    assert left(tmp_path) == [f"{ZONE}zone"]
    assert place.path.stat().st_mode & 0o777 == 0o644
    place.bring(change(8, []), hold)
    assert "CNAME" not in place.path.read_text()
    assert [len(text) > 0 for text in seen] == [False, False, True, True]


def test_the_same_state_is_the_same_bytes(tmp_path: Path) -> None:
    texts = []
    for _ in range(2):
        ZoneFile(tmp_path, ZONE).bring(change(7, ["a.example"]), lambda: None)
        texts.append((tmp_path / f"{ZONE}zone").read_bytes())
    assert texts[0] == texts[1]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeliveryFailed, match=r"cannot be written to .*/none/rpz.cleannet.zone: No such file"):
        ZoneFile(tmp_path / "none", ZONE).bring(change(1, ["a.example"]), lambda: None)


def test_a_name_that_does_not_fit_holds_up_no_other(tmp_path: Path) -> None:
    long = ".".join(["l" * 63] * 3 + ["l" * 50])
    place = ZoneFile(tmp_path, ZONE)
    place.bring(change(1, ["a.example", long]), lambda: None)
    assert (place.fits("a.example"), place.fits(long)) == (True, False)
    assert "a.example" in place.path.read_text()


def test_a_worker_that_lost_its_lease_replaces_nothing(tmp_path: Path) -> None:
    class Lost(Exception):
        pass

    def hold() -> None:
        raise Lost

    with pytest.raises(Lost):
        ZoneFile(tmp_path, ZONE).bring(change(1, ["a.example"]), hold)
    assert left(tmp_path) == []
