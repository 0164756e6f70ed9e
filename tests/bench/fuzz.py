"""Feeding the readers of ZIP, binary XML and DEX with bytes that coverage guides, from seeds that the tests make."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent.parent))

from tests.apk.made_apk import LABELLED, der, members, signers, signing_block  # noqa: E402 - the path is set first
from tests.apk.made_axml import write_axml, write_table  # noqa: E402 - the path is set first
from tests.apk.made_dex import write_dex  # noqa: E402 - the path is set first
from tests.apk.made_zip import write_zip  # noqa: E402 - the path is set first
from tests.apk.test_archive import ODD as ODD_ARCHIVES  # noqa: E402 - the path is set first
from tests.apk.test_dex import ODD as ODD_CODE  # noqa: E402 - the path is set first
from tests.apk.test_manifest import ODD as ODD_MANIFESTS  # noqa: E402 - the path is set first

READERS = ("zip", "dex", "axml")
LARGEST_SEED = 20_000


def measure(seconds: int = 60) -> Mapping[str, float]:
    """Return for each reader how many inputs it was fed, how much of it they reached, and how many broke it.

    Each is fed for `seconds` in a process of its own. What broke a reader is printed, so that it becomes a test.
    """
    figures: dict[str, float] = {}
    for reader in READERS:
        with tempfile.TemporaryDirectory() as folder:
            corpus = Path(folder) / "corpus"
            corpus.mkdir()
            for number, seed in enumerate(_seeds(reader)):
                (corpus / f"seed{number}").write_bytes(seed)
            command = [sys.executable, str(FOLDER / "_fuzz_reader.py"), reader, str(corpus), str(seconds)]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
            found = [path for path in Path(folder).iterdir() if path.is_file()]
            for path in found:
                print(f"{reader}: {path.name}: {path.read_bytes()[:2000].hex()}")
            if done.returncode or found:
                print(done.stderr[-3000:], file=sys.stderr)
        figures[f"{reader}.runs"] = _last(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
        figures[f"{reader}.reached"] = _last(r"\bcov: (\d+)", done.stderr)
        figures[f"{reader}.broken"] = max(len(found), int(done.returncode != 0))
    return figures


def _last(pattern: str, text: str) -> int:
    return int((re.findall(pattern, text) or ["0"])[-1])


def _seeds(reader: str) -> list[bytes]:
    if reader == "zip":
        whole = write_zip(members(), block=signing_block([(0x7109871A, signers(der()))]))
        seeds = [whole, *(data for data, _ in ODD_ARCHIVES.values())]
    elif reader == "dex":
        seeds = [write_dex(["a", "字"], version="041"), *(data for data, _, _ in ODD_CODE.values())]
    else:
        made = [write_axml(LABELLED, utf8=utf8) for utf8 in (True, False)]
        seeds = [*made, write_table({"": "a", "zh": "字"}, through=1), *(data for data, _ in ODD_MANIFESTS.values())]
    return [seed for seed in seeds if len(seed) <= LARGEST_SEED]
