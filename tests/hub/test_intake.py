import re
from pathlib import Path

import pytest
from tests.hub.commandline import parse
from tests.hub.world import World, viewer

from cleannet.hub import intake
from cleannet.hub.disposal import tables
from cleannet.hub.programs import queries as programs

pytestmark = pytest.mark.django_db
CENTRE = viewer("cncert")


def run(*arguments: str) -> int:
    options = parse("hub", *arguments)
    done: int = getattr(intake, arguments[0])(options)
    return done


def test_a_table_of_holders_is_imported_or_every_wrong_line_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    World().populate()
    path = tmp_path / "networks.csv"
    path.write_text("prefix,party,province\n198.51.100.0/24,op1,32\n203.0.113.0/24,op1,33\n")
    assert run("routes", str(path)) == 0
    assert "2 rows of networks.csv (network)" in capsys.readouterr().out
    path.write_text("prefix,party,province\nx,op1,32\n198.51.100.0/24,op9,32\n")
    assert run("routes", str(path), "--source", "networks.csv") == 1
    told = capsys.readouterr().err
    assert "2: “x” is no network" in told
    assert "3: no party op9 is registered" in told
    assert run("routes", str(tmp_path / "none.csv")) == 2
    assert [(one.source, one.rows) for one in tables.tables(CENTRE)] == [("networks.csv", 2)]


def test_allow_lists_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.txt"
    path.write_text("pay.example.com\nnot a name!\n")
    assert run("allow", str(path)) == 0
    assert re.findall(r"(\d+) entries of allow-lists (\w+)", capsys.readouterr().out) == [("1", "kept"), ("1", "not")]
    assert [one.text for one in programs.allowed_around(CENTRE, ["example.com"])["example.com"]] == ["pay.example.com"]
