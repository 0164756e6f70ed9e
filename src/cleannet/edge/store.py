"""Open the SQLite file of what is kept (edge.kept): made where there is none, brought up to date where it is older."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cleannet.edge.wrong_use import WrongUse

VERSION = 2
_PATIENCE = 60.0
_TABLES = Path(__file__).with_name("kept.sql")
# What brings a file of one version to the next.
_STEPS = {
    1: (
        "ALTER TABLE held RENAME TO seen",
        "CREATE TABLE sent (day INTEGER, program TEXT, digest BLOB, PRIMARY KEY (day, program)) WITHOUT ROWID",
    )
}


class Store:
    """Hold the file open as `db`; raise WrongUse where it is of a later version or cannot be opened."""

    def __init__(self, path: Path) -> None:
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self.db = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = FULL")
            self.db.execute("PRAGMA secure_delete = ON")
            with self.whole():
                (version,) = self.db.execute("PRAGMA user_version").fetchone()
                if version <= VERSION:
                    self._bring_up(version)
        except (OSError, sqlite3.DatabaseError) as error:
            raise WrongUse(f"{path}: cannot be opened as what was counted: {error}") from None
        if version > VERSION:
            raise WrongUse(f"{path}: is of version {version}, and this program keeps version {VERSION}")

    def _bring_up(self, version: int) -> None:
        whole = _TABLES.read_text("utf-8").split(";")
        steps = [statement for step in range(version, VERSION) for statement in _STEPS[step]] if version else whole
        for statement in steps:
            self.db.execute(statement)
        self.db.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Have all that is done within be done, or nothing of it."""
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Have all that is read within be of one moment; raise WrongUse where it cannot be read."""
        try:
            with self.db:
                self.db.execute("BEGIN")
                yield
        except sqlite3.DatabaseError as error:
            raise WrongUse(f"what was counted cannot be read: {error}") from None

    def wipe(self) -> None:
        """Let what was erased be in no file."""
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()
