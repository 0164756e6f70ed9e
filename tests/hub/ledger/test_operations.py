import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from cleannet.formats import envelope, ledger_export
from cleannet.formats.ledger_verification import verify
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import operations, sealing
from cleannet.hub.ledger.models import Entry


def options(**changed: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"trusted": {}, "json": True} | changed)


def test_the_database_is_verified_with_its_triggers(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.grade()
    sealing.seal(now=world.now)
    assert operations.verify(options()) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["whole"], answer["entries"], answer["sealed"], answer["findings"]) == (True, 1, 1, [])


def test_missing_triggers_are_reported_with_what_they_let_pass(
    world: Any, unguarded: None, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = world.grade()
    sealing.seal(now=world.now)
    Entry.objects.update(party="ctcc")
    assert operations.verify(options()) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    named = {(found["record"], found["name"], found["field"]) for found in findings}
    assert ("entry", entry.pk, "party") in named
    assert ("database", "ledger_entry_no_update", "trigger") in named


def test_only_the_key_given_is_trusted(world: Any) -> None:
    world.grade()
    sealing.seal(now=world.now)
    wrong = envelope.new_key().public_key()
    assert operations.verify(options(trusted={envelope.key_id(wrong): wrong})) == 1


def test_a_case_is_exported_alone_and_a_file_never_overwritten(world: Any, tmp_path: Path) -> None:
    for case in ("c-1", "c-2"):
        world.grade(case=case)
    sealing.seal(now=world.now)
    file = tmp_path / "case.jsonl"
    assert operations.export(options(file=file, case="c-2")) == 0
    assert file.stat().st_mode & 0o077 == 0
    assert operations.export(options(file=file, case=None)) == 2
    with file.open("rb") as text:
        export = ledger_export.read(text)
    assert not export.complete
    answer = verify(export.records, Keyring(settings.CLEANNET_DATA).verifiers(), complete=False)
    assert (answer.whole, answer.entries, answer.sealed) == (True, 1, 1)


def test_a_missing_key_is_said(data_folder: Path, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    (data_folder / "keys" / "hub-1.pub").write_text("nonsense", encoding="ascii")
    assert operations.verify(options()) == 2
    assert "hub-1.pub cannot be used" in capsys.readouterr().err
