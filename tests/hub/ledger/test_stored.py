"""Change the ledger behind its back and see that the change is found and named."""

import random
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from cleannet.core import merkle
from cleannet.formats import ledger_record
from cleannet.formats.ledger_verification import Verdict, verify
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import sealing, stored
from cleannet.hub.ledger.models import Duty, Entry, Head, PolicyText, Seal

COLUMNS = {
    "entry": (
        "ledger_entry",
        "id",
        "id kind role party case province addressed happened_at entered_at key digest body",
    ),
    "seal": ("ledger_seal", "number", "number entry_id leaf"),
    "head": ("ledger_head", "size", "size root peaks at envelope"),
}


def verdict() -> Verdict:
    return verify(stored.records(), Keyring(settings.CLEANNET_DATA).verifiers())


@pytest.fixture
def ledger(world: Any, unguarded: None) -> Any:
    for number in range(6):
        world.grade(case=f"案-{number}", key=f"key-{number}", province="44", text="发现")
        world.later(minutes=7, microseconds=123)
        world.report(case=f"案-{number}")
        if number % 2:
            sealing.seal(now=world.later(seconds=1))
    assert verdict().whole
    return world


def change_one_byte(chance: random.Random) -> tuple[str, str, str]:
    """Change one byte of one stored field and return record, name and column."""
    while True:
        record = chance.choice(["entry", "entry", "entry", "seal", "seal", "head"])
        table, primary, columns = COLUMNS[record]
        column = chance.choice(columns.split())
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT {primary} FROM {table} WHERE "{column}" IS NOT NULL ORDER BY {primary}')
            name = chance.choice([row[0] for row in cursor.fetchall()] or [None])
        if name is None:
            continue
        try:
            with transaction.atomic():
                if _change(chance, table, primary, name, column):
                    return record, str(name), column
        except DatabaseError:
            continue  # The database itself refused: the number is taken.


def _change(chance: random.Random, table: str, primary: str, name: object, column: str) -> bool:
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cast = f'CAST("{column}" AS BLOB)' if sqlite else f'"{column}"'
        cursor.execute(f"SELECT {cast} FROM {table} WHERE {primary} = %s", [name])
        value = cursor.fetchone()[0]
        if hasattr(value, "year"):
            parts = {"microsecond": value.microsecond ^ 1, "second": value.second ^ 1, "minute": value.minute ^ 1}
            which = chance.choice(sorted(parts))
            changed: object = value.replace(**{which: parts[which]})
        elif isinstance(value, int) or column in ("number", "size"):
            digits = list(value.decode() if isinstance(value, bytes) else str(value))
            at = chance.randrange(len(digits))
            digits[at] = chance.choice([digit for digit in "123456789" if digit != digits[at]])
            changed = int("".join(digits))
        else:
            data = bytearray(value.encode() if isinstance(value, str) else value)
            if not data:
                return False
            at = chance.randrange(len(data))
            text = isinstance(value, str)
            if text and data[at] > 127:
                return False
            new = chance.randrange(32, 127) if text else chance.randrange(256)
            if new == data[at]:
                return False
            data[at] = new
            changed = data.decode() if text else bytes(data)
        binary = column in ("body", "leaf", "root", "peaks", "envelope")
        target = "CAST(%s AS TEXT)" if sqlite and isinstance(changed, bytes) and not binary else "%s"
        cursor.execute(f'UPDATE {table} SET "{column}" = {target} WHERE {primary} = %s', [changed, name])
        return True


def trials(count: int) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    for number in range(count):
        mark = transaction.savepoint()
        record, name, column = change_one_byte(chance)
        field = {"entry_id": "entry"}.get(column, column)
        found = {(finding.record, finding.name, finding.field) for finding in verdict().findings}
        if column in ("id", "number", "size"):
            assert any(got[::2] == (record, field) for got in found), (seed, number, record, name, column, found)
        else:
            assert (record, name, field) in found, (seed, number, record, name, column, found)
        transaction.savepoint_rollback(mark)
    assert verdict().whole


@pytest.mark.usefixtures("ledger")
def test_any_changed_byte_is_found_and_named() -> None:
    trials(60)


@pytest.mark.all
@pytest.mark.usefixtures("ledger")
def test_any_changed_byte_is_found_and_named_a_thousand_times() -> None:
    trials(1000)


@pytest.mark.usefixtures("ledger")
def test_a_careful_rewrite_of_entry_digest_and_leaf_breaks_the_signed_root() -> None:
    entry = Seal.objects.get(number=3).entry
    body = bytes(entry.body).replace('"text":"发现"'.encode(), '"text":"发觉"'.encode())
    if body == bytes(entry.body):
        body = body.replace(b'"urgent":false', b'"urgent":true')
    assert body != bytes(entry.body)
    Entry.objects.filter(pk=entry.pk).update(body=body, digest=ledger_record.digest_of(body))
    Seal.objects.filter(number=3).update(leaf=merkle.leaf_hash(body))
    found = verdict().findings
    assert found[0].record == "head"
    assert "numbered 0 to 3" in found[0].sentence


@pytest.mark.usefixtures("ledger")
def test_what_is_gone_is_named() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        mark = transaction.savepoint()
        victim = Seal.objects.get(number=5).entry_id
        cursor.execute("DELETE FROM ledger_entry WHERE id = %s", [victim])
        assert any(f.record == "seal" and f.name == "5" and victim in f.sentence for f in verdict().findings)
        transaction.savepoint_rollback(mark)
        mark = transaction.savepoint()
        cursor.execute("DELETE FROM ledger_seal WHERE number = 5")
        assert ("seal", "5", "number") in {(f.record, f.name, f.field) for f in verdict().findings}
        transaction.savepoint_rollback(mark)
        mark = transaction.savepoint()
        last = Head.objects.order_by("-size")[0].size
        cursor.execute("DELETE FROM ledger_head WHERE size = %s", [last])
        assert any("under no signed head" in f.sentence for f in verdict().findings)
        transaction.savepoint_rollback(mark)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due": None}, "due"),
        ({"owes": "ctcc"}, "owes"),
        ({"to": []}, "to"),
        ({"met_by": None}, "met_by"),
        ({"article": "十(三)"}, "article"),
    ],
)
@pytest.mark.usefixtures("ledger")
def test_a_changed_duty_is_named(change: dict[str, Any], field: str) -> None:
    duty = Duty.objects.exclude(met_by=None)[0]
    Duty.objects.filter(pk=duty.pk).update(**change)
    assert [(f.record, f.name, f.field) for f in verdict().findings] == [("duty", duty.key, field)]


@pytest.mark.usefixtures("ledger")
def test_a_changed_law_text_is_named() -> None:
    kept = PolicyText.objects.get()
    PolicyText.objects.filter(pk=kept.pk).update(text=kept.text + " ")
    assert [(f.record, f.name) for f in verdict().findings] == [("policy", kept.digest)]


def test_unsealed_entries_are_listed_and_their_changes_found(ledger: Any) -> None:
    entry = ledger.grade(case="新")
    assert verdict().unsealed == (entry.pk,)
    Entry.objects.filter(pk=entry.pk).update(body=bytes(entry.body)[:-1])
    assert next((f.record, f.name, f.field) for f in verdict().findings) == ("entry", entry.pk, "body")


def test_an_export_of_one_case_is_proven_by_itself(ledger: Any) -> None:
    ledger.grade(case="案-1", party="ctcc")
    records = list(stored.proven("案-1"))
    entries = [fields for record, fields in records if record == "entry"]
    assert {fields["case"] for fields in entries} == {"案-1"}
    keys = Keyring(settings.CLEANNET_DATA).verifiers()
    answer = verify(records, keys, complete=False)
    assert answer.whole
    assert (answer.entries, answer.sealed, len(answer.unsealed)) == (3, 2, 1)
    for record, fields in records:
        if record == "seal":
            fields["proof"]["hashes"][0] = "00" * 32
            break
    assert [f.field for f in verify(records, keys, complete=False).findings] == ["proof"]
