import sqlite3
from pathlib import Path

import pytest

from cleannet.edge.store import VERSION, Store
from cleannet.edge.wrong_use import WrongUse


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(WrongUse, match="cannot be opened"):
        Store(tmp_path / "text")
    with pytest.raises(WrongUse, match="cannot be opened"):
        Store(tmp_path / "no" / "folder")
    newer = sqlite3.connect(tmp_path / "newer")
    newer.execute("PRAGMA user_version = 9")
    newer.close()
    with pytest.raises(WrongUse, match="version 9"):
        Store(tmp_path / "newer")


def test_what_an_older_version_held_back_is_still_there(tmp_path: Path) -> None:
    store = Store(tmp_path / "counted.db")
    new = [sql for (sql,) in store.db.execute("SELECT sql FROM sqlite_master WHERE sql <> '' ORDER BY name")]
    store.db.execute("ALTER TABLE seen RENAME TO held")
    store.db.execute("DROP TABLE sent")
    store.db.execute("INSERT INTO held VALUES ('{}', 1, 2)")
    store.db.execute("PRAGMA user_version = 1")
    store.close()
    store = Store(tmp_path / "counted.db")
    assert store.db.execute("SELECT * FROM seen").fetchall() == [("{}", 1, 2)]
    assert store.db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    rows = store.db.execute("SELECT sql FROM sqlite_master WHERE sql <> '' ORDER BY name")
    renamed = [sql.replace('"seen"', "seen") for (sql,) in rows]
    assert renamed == new
    store.close()


def test_all_is_done_or_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "counted.db")

    def work() -> None:
        with store.whole():
            store.db.execute("INSERT INTO changed VALUES (1)")
            store.db.execute("INSERT INTO nothing VALUES (1)")

    with pytest.raises(sqlite3.OperationalError):
        work()
    assert store.db.execute("SELECT * FROM changed").fetchall() == []
    store.close()


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    store = Store(tmp_path / "counted.db")

    def work() -> None:
        with store.reading():
            store.db.execute("SELECT * FROM none_such")

    with pytest.raises(WrongUse, match="cannot be read: no such table"):
        work()
    store.close()
