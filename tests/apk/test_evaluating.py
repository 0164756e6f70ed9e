import json
from pathlib import Path

import pytest
from tests.identity.test_similarity import NEARBY, ONE

from cleannet.apk.evaluating import BadIndex, evaluate, lines, read
from cleannet.apk.signing import PUBLIC_KEYS
from cleannet.cli import main

HEAD = "sha256,tlsh,package,cert,first_seen,family,class\n"
A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
TEST_KEY = next(key for key in PUBLIC_KEYS if len(key) == 64)
INDEX = (
    f"{A},{ONE},p.one,01:AB,2026-01-01,Evil,privacy\n"
    f"{B},{NEARBY},p.two,,2026-01-02T00:00:00+08:00,Evil,privacy\n"
    f"{C},,p.three,{TEST_KEY},2026-01-20,Worm,\n"
    f"{D},,p.four,{TEST_KEY},2026-03-01,Evil,spread\n"
)


def test_a_set_is_evaluated(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text("\ufeff" + HEAD + INDEX)
    samples = read(tmp_path / "index.csv")
    assert (samples[0].certificate, samples[1].first_seen.isoformat()) == ("01ab", "2026-01-02T00:00:00+08:00")
    found = evaluate(samples)
    assert found == {
        "lag_days": {
            "0": {"samples": 4, "coverage": 0.25, "precision": 1.0},
            "1": {"samples": 4, "coverage": 0.0, "precision": 0.0},
            "7": {"samples": 4, "coverage": 0.0, "precision": 0.0},
            "30": {"samples": 4, "coverage": 0.0, "precision": 0.0},
        },
        "class": {"samples": 3, "coverage": 0.3333, "precision": 1.0},
    }
    assert [line.split() for line in lines(found)][1] == ["family,", "at", "once", "4", "25.0%", "100.0%"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "index.csv").write_text(HEAD + INDEX)
    assert main(["apk", "evaluate", str(tmp_path / "index.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lag_days"]["0"]["samples"] == 4
    assert main(["apk", "evaluate", str(tmp_path / "index.csv")]) == 0
    assert "family, 30 days" in capsys.readouterr().out
    assert main(["apk", "evaluate", str(tmp_path / "none.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("xx,,p,,2026-01-01,F,c", ":3: sha256: 64 hexadecimal digits"),
        (f"{B},T1,p,,2026-01-01,F,c", ":3: tlsh: 'T1' is no TLSH digest"),
        (f"{B},,p,,yesterday,F,c", ":3: first_seen: a day"),
        (f"{B},,p,,2026-01-01T00:00:00,F,c", ":3: first_seen: a moment without its offset"),
        (f"{B},,p,,0001-01-01,F,c", ":3: first_seen: lies before 2000"),
        (f"{B},\x1b[31m,p,,2026-01-01,F,c", "x1b.31m' is no TLSH digest"),
        (f"{A},,p,,2026-01-01,F,c", ":3: the same sha256"),
        (f"{B},,p,,2026-01-01,F", ":3: more or fewer fields"),
        (f"{B},,p,,2026-01-01,F,c,x", ":3: more or fewer fields"),
        (f'{B},,p,,2026-01-01,F,"c', "not CSV"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "index.csv"
    path.write_text(HEAD + f"{A},,p,,2026-01-01,F,c\n" + line + "\n")
    with pytest.raises(BadIndex, match=sentence):
        read(path)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "index.csv"
    path.write_text(HEAD + "x,,p,,2026-01-01,F,c\n" * 30)
    with pytest.raises(BadIndex) as told:
        read(path)
    assert len(str(told.value).splitlines()) == 21
    assert str(told.value).endswith("… and 10 more")
    path.write_text("sha256,tlsh\n")
    with pytest.raises(BadIndex, match="without the columns package, cert, first_seen, family, class"):
        read(path)
    path.write_bytes(HEAD.encode() + b"\xff\n")
    with pytest.raises(BadIndex, match="not CSV in UTF-8"):
        read(path)
