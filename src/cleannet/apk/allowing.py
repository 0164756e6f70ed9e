"""Load the allow-lists that addresses of samples are held against: the shipped one and those that are given."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from cleannet.core.allow import AllowLists
from cleannet.formats import allowlists
from cleannet.formats.allowlists import AllowContents

_SHIPPED = Path(__file__).with_name("rules") / "ordinary.toml"


def load(paths: Iterable[Path]) -> tuple[AllowLists, list[str]]:
    """Return the allow-lists in files and folders with the shipped one, and a sentence for each line left out.

    Raises OSError where a file cannot be read, and ValueError where a folder holds no list.
    """
    read = [_read(path) for path in (_SHIPPED, *_files(paths))]
    listed = (entry for contents in read for entry in contents.listed)
    waivers = (waiver for contents in read for waiver in contents.waivers)
    left_out = [f"{contents.name}:{one.line}: {one.reason}" for contents in read for one in contents.left_out]
    return AllowLists(listed, waivers), left_out


def _read(path: Path) -> AllowContents:
    return allowlists.read(path.read_bytes(), path.name)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(
            file for file in path.rglob("*") if file.suffix.lower() in allowlists.SUFFIXES and file.is_file()
        )
        if not found:
            raise ValueError(f"{path}: no file in this folder ends in {', '.join(sorted(allowlists.SUFFIXES))}")
        yield from found
