"""No file names the machine it was written on or the hosts its packages came from."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

URL = re.compile(r"[a-z+]+://[^\s\"']+")
# Folders of every system: a file may name them wherever the project happens to lie.
ORDINARY = {"", "bin", "etc", "home", "mnt", "opt", "root", "run", "srv", "tmp", "usr", "var"}


def _printed(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def registry_hosts() -> set[str]:
    """Return the hosts that pip, apt and npm are set up with here."""
    ask_pip = "from pip._internal.models.index import PyPI as p; print(p.url, 'x://' + p.file_storage_domain)"
    told = _printed(sys.executable, "-c", ask_pip) + _printed(sys.executable, "-m", "pip", "config", "list")
    told += _printed("npm", "config", "get", "registry")
    for folder in (Path("/etc/apt"), Path("/etc/apt/sources.list.d")):
        told += "".join(path.read_text() for path in folder.glob("*sources*") if path.is_file())
        told += "".join(path.read_text() for path in folder.glob("*.list") if path.is_file())
    return {host for url in URL.findall(told) if (host := urlsplit(url).hostname)}


def machine_paths(root: Path) -> set[str]:
    """Return the folders of this machine that no file may name."""
    folders = {root, root.parent, Path(os.environ.get("HOME", "/"))}
    return {str(folder) for folder in folders if len(folder.parts) > 2 or folder.name not in ORDINARY}


@pytest.fixture(scope="module")
def trace(root: Path) -> re.Pattern[str]:
    hosts = [rf"(?<![\w.-]){re.escape(host)}(?![\w-])" for host in sorted(registry_hosts())]
    # "//" begins a host, which may be called as the project's own folder is.
    paths = [rf"(?<![\w./]){re.escape(path)}(?![\w-])" for path in sorted(machine_paths(root))]
    return re.compile("|".join(hosts + paths))


def test_no_file_names_a_registry_host_or_a_path_of_this_machine(
    texts: Mapping[Path, str], trace: re.Pattern[str]
) -> None:
    found = [
        f"{path}:{number}: {hit.group()}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        for hit in trace.finditer(line)
    ]
    assert found == []


def test_the_pattern_finds_both(root: Path, trace: re.Pattern[str]) -> None:
    assert all(trace.search(f"see https://{host}/simple for more") for host in registry_hosts())
    assert trace.search(f"cd {root} && ls")
