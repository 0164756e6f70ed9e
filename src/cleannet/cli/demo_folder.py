"""The folder of the demonstration: made by it, marked as its own, held by one run at a time, and emptied only then."""

import fcntl
import os
import shutil
from pathlib import Path

MARKER = ".cleannet-demo"
_TEXT = "This folder was made by `cleannet demo`, which empties it when it runs again.\n"


class FolderRefused(Exception):
    """Say why a folder is not used."""


def take(folder: Path) -> int:
    """Make `folder`, or empty it if the demonstration made it; return the lock's open file.

    Raises FolderRefused for a folder that holds anything and was not made by the demonstration, or that another run
    uses. The lock is let go when the process ends.
    """
    marker = folder / MARKER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not marker.is_file() or marker.is_symlink():
            if any(folder.iterdir()):
                raise FolderRefused(
                    f"{folder} is not empty and was not made by the demonstration; nothing in it was touched. "
                    "Name another with --folder"
                )
            marker.write_text(_TEXT, encoding="utf-8")
        lock = os.open(marker, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise FolderRefused(
                f"a demonstration is running in {folder}; end it first, or name another folder"
            ) from None
        for found in folder.iterdir():
            if found == marker:
                continue
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found)
            else:
                found.unlink()
    except OSError as error:
        raise FolderRefused(f"{folder} cannot be used: {error.strerror}") from None
    return lock
