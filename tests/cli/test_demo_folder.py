import os
from pathlib import Path

import pytest

from cleannet.cli.demo_folder import MARKER, FolderRefused, take


def test_a_folder_is_made_and_marked(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "demo"
    os.close(take(folder))
    assert [path.name for path in folder.iterdir()] == [MARKER]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    os.close(take(tmp_path))
    assert (tmp_path / MARKER).is_file()


def test_its_own_folder_is_emptied_and_what_it_links_to_is_not(tmp_path: Path) -> None:
    folder, outside = tmp_path / "demo", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    os.close(take(folder))
    (folder / "hub" / "keys").mkdir(parents=True)
    (folder / "hub" / "keys" / "secret").write_text("secret")
    (folder / "file").write_text("text")
    (folder / "link").symlink_to(outside)
    os.close(take(folder))
    assert [path.name for path in folder.iterdir()] == [MARKER]
    assert (outside / "kept").read_text() == "kept"


@pytest.mark.parametrize("marked_by", ["nothing", "a folder", "a link"])
def test_a_folder_it_did_not_make_is_not_touched(tmp_path: Path, marked_by: str) -> None:
    (tmp_path / "thesis").write_text("mine")
    if marked_by == "a folder":
        (tmp_path / MARKER).mkdir()
    elif marked_by == "a link":
        (tmp_path / MARKER).symlink_to(tmp_path / "thesis")
    with pytest.raises(FolderRefused, match="not made by the demonstration"):
        take(tmp_path)
    assert (tmp_path / "thesis").read_text() == "mine"


def test_a_folder_in_use_is_not_emptied(tmp_path: Path) -> None:
    lock = take(tmp_path)
    (tmp_path / "hub").mkdir()
    with pytest.raises(FolderRefused, match="is running in"):
        take(tmp_path)
    assert (tmp_path / "hub").is_dir()
    os.close(lock)


def test_what_cannot_be_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderRefused, match="cannot be used"):
        take(tmp_path / "file")
