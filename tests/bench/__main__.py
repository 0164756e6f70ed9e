"""Run one measurement of this folder, print its figures and hold them against targets.toml."""

import argparse
import importlib
import inspect
import json
import os
import platform
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent


def missed(figures: Mapping[str, float], targets: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return a sentence for each target that is not met, or whose figure was not measured."""
    wrong = []
    for name, target in targets.items():
        if name not in figures:
            wrong.append(f"{name}: not measured")
            continue
        if figures[name] > target.get("at_most", float("inf")):
            wrong.append(f"{name}: {figures[name]:.4g}, at most {target['at_most']:g} is wanted")
        if figures[name] < target.get("at_least", float("-inf")):
            wrong.append(f"{name}: {figures[name]:.4g}, at least {target['at_least']:g} is wanted")
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Run the measurement named on the command line; 0 done, 1 a target is missed, 2 wrong use."""
    known = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("name", choices=known, metavar="NAME", help=f"one of: {', '.join(known)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--check", action="store_true", help="exit with 1 and name the figure where a target is missed")
    parser.add_argument("--rows", type=int, metavar="N", help="detect: rows of the log (10,000,000)")
    parser.add_argument("--rounds", type=int, metavar="N", help="detect, apk: rounds of a median (5, 3)")
    parser.add_argument("--seconds", type=int, metavar="N", help="fuzz: seconds for each reader (60)")
    options = parser.parse_args(arguments)
    given = {name: getattr(options, name) for name in ("rows", "rounds", "seconds")}
    asked = {name: value for name, value in given.items() if value is not None}

    measurement = importlib.import_module(options.name)
    taken = inspect.signature(measurement.measure).parameters
    if refused := [f"--{name}" for name in asked if name not in taken]:
        parser.error(f"{options.name} does not take {' and '.join(refused)}")
    figures: Mapping[str, float] = measurement.measure(**asked)
    targets = tomllib.loads((FOLDER / "targets.toml").read_text()).get(options.name, {})
    for name, value in figures.items():
        wanted = " ".join(f"{bound.replace('_', ' ')} {limit:g}" for bound, limit in targets.get(name, {}).items())
        print(f"{name:40} {value:12.4g}  {wanted}".rstrip())
    if options.json:
        machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
        written = {"bench": options.name, "machine": machine, "figures": figures, "targets": targets}
        if hasattr(measurement, "nested"):
            written |= measurement.nested(figures)
        options.json.write_text(json.dumps(written, indent=2) + "\n")
    wrong = missed(figures, targets)
    for sentence in wrong:
        print(f"Missed: {sentence}", file=sys.stderr)
    return 1 if wrong and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
