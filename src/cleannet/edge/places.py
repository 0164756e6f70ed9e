"""Find the logs in places: files, and folders with all below them, but nothing whose name begins with a dot."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cleannet.edge.names import shown


def logs_in(places: Iterable[Path], tell: Callable[[str], object]) -> list[tuple[Path, os.stat_result]]:
    """Return the logs with what they look like, the one that changed first before the others.

    `tell` hears of each place that is not there or cannot be read.
    """
    files, known = [], set()
    for path in _paths(places, tell):
        try:
            if path.is_file():
                status = path.stat()
                # Places may overlap, and a log may have two names.
                if (status.st_dev, status.st_ino) not in known:
                    known.add((status.st_dev, status.st_ino))
                    files.append((path, status))
            elif not path.exists():
                tell(f"{shown(path)}: is not there")
        except OSError as error:
            tell(f"{shown(path)}: cannot be read: {error.strerror}")
    return sorted(files, key=lambda file: file[1].st_mtime_ns)


def _paths(places: Iterable[Path], tell: Callable[[str], object]) -> Iterator[Path]:
    def unread(error: OSError) -> None:
        # A folder that was moved away while it was looked at is not missed.
        if not isinstance(error, FileNotFoundError):
            tell(f"{shown(error.filename)}: cannot be read: {error.strerror}")

    for place in places:
        if not place.is_dir():
            yield place
            continue
        for folder, folders, names in os.walk(place, onerror=unread):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from (Path(folder, name) for name in names if not name.startswith("."))
