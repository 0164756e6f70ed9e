"""The bench holds figures against targets and names those that miss."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def bench(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the frame of tests/bench, looking at a folder with one measurement whose figures are known."""
    spec = importlib.util.spec_from_file_location("bench_frame", root / "tests" / "bench" / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    frame = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(frame)
    (tmp_path / "known_figures.py").write_text("def measure():\n    return {'seconds': 2.0, 'rows': 10.0}\n")
    monkeypatch.setattr(frame, "FOLDER", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "known_figures", raising=False)
    return frame


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        ("seconds = {at_most = 2.0}\nrows = {at_least = 10}", ""),
        ("seconds = {at_most = 1.9}", "Missed: seconds: 2, at most 1.9 is wanted\n"),
        ("rows = {at_least = 11}", "Missed: rows: 10, at least 11 is wanted\n"),
        ("other = {at_most = 1}", "Missed: other: not measured\n"),
    ],
)
def test_a_missed_target_is_named_and_fails_the_check(
    bench: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], targets: str, sentence: str
) -> None:
    (tmp_path / "targets.toml").write_text(f"[known_figures]\n{targets}\n")
    assert bench.main(["known_figures", "--check"]) == (1 if sentence else 0)
    assert capsys.readouterr().err == sentence
    assert bench.main(["known_figures"]) == 0


def test_the_figures_are_written_with_the_machine(bench: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text("")
    assert bench.main(["known_figures", "--json", str(tmp_path / "out.json")]) == 0
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["figures"] == {"seconds": 2.0, "rows": 10.0}
    assert written["machine"]["cores"] >= 1


def test_rows_are_for_a_measurement_that_takes_them(bench: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text("")
    with pytest.raises(SystemExit):
        bench.main(["known_figures", "--rows", "5"])
    (tmp_path / "known_figures.py").write_text(
        "def measure(rows=1):\n    return {'rows': rows}\n\ndef nested(figures):\n    return {'deep': figures}\n"
    )
    del sys.modules["known_figures"]
    out = tmp_path / "out.json"
    assert bench.main(["known_figures", "--rows", "5", "--json", str(out)]) == 0
    assert json.loads(out.read_text())["deep"] == {"rows": 5}


def test_every_target_belongs_to_a_measurement(root: Path) -> None:
    text = (root / "tests" / "bench" / "targets.toml").read_text()
    names = [line.strip("[]") for line in text.splitlines() if line.startswith("[")]
    assert [name for name in names if not (root / "tests" / "bench" / f"{name}.py").exists()] == []
