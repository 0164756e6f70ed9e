from pathlib import Path

from cleannet.hub.disposal.channels.channel import misfits
from cleannet.hub.disposal.channels.zone_file import ZoneFile


def test_names_that_do_not_fit_are_counted_and_the_first_named(tmp_path: Path) -> None:
    place = ZoneFile(tmp_path, "rpz.cleannet.")
    long = ".".join(["l" * 63] * 3 + ["l" * 50])
    assert misfits(place, ["a.example", long]) == f"1 names do not fit into the zone, the first is {long}"
    assert misfits(place, ["a.example"]) == misfits(place, []) == ""
