"""Read the ledger's rows exactly as they lie in the database, for whoever wants to know whether they were changed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from cleannet.formats import ledger_export, ledger_record
from cleannet.hub.ledger import sealing
from cleannet.hub.ledger.models import Duty, Entry

# Table, and its columns as (column, name in the record, kind).
_TABLES: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "policy": (
        "ledger_policytext",
        (("digest", "digest", "text"), ("policy", "policy", "text"), ("text", "text", "text")),
    ),
    "entry": (
        "ledger_entry",
        (
            *((name, name, "text") for name in "id kind role party case province addressed key digest".split()),
            ("happened_at", "happened_at", "moment"),
            ("entered_at", "entered_at", "moment"),
            ("body", "body", "readable"),
        ),
    ),
    "seal": ("ledger_seal", (("number", "number", "text"), ("entry_id", "entry", "text"), ("leaf", "leaf", "hex"))),
    "head": (
        "ledger_head",
        (
            ("size", "size", "text"),
            ("root", "root", "hex"),
            ("peaks", "peaks", "hex"),
            ("at", "at", "moment"),
            ("envelope", "envelope", "readable"),
        ),
    ),
}
_ORDER = {"policy": "digest", "entry": "entered_at", "seal": "number", "head": "size"}
_SQLITE_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?")
_CHUNK = 2000


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything as of one moment while others go on writing; inside a transaction that is the caller's task."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Django would begin IMMEDIATE, which keeps every writer out for as long as the reading takes.
        connection.cursor().execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            connection.cursor().execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


def records() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every policy text, entry, seal, head and duty as (record, fields) for ledger_verification.verify."""
    for record, (table, columns) in _TABLES.items():
        for row in _rows(table, [column for column, _, _ in columns], _ORDER[record]):
            yield record, {name: _text(value, kind) for value, (_, name, kind) in zip(row, columns, strict=True)}
    for duty in Duty.objects.order_by("key").iterator(chunk_size=_CHUNK):
        yield "duty", _duty(duty)


def _rows(table: str, columns: list[str], order: str) -> Iterator[tuple[Any, ...]]:
    quoted = [connection.ops.quote_name(column) for column in columns]
    if connection.vendor == "sqlite":
        # As blobs, so that neither the driver nor Django tidies up what was tampered with.
        quoted = [f"CAST({column} AS BLOB)" for column in quoted]
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(quoted)} FROM {table} ORDER BY {connection.ops.quote_name(order)}")
        while rows := cursor.fetchmany(_CHUNK):
            yield from rows


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return ledger_record.stamp(value)
    data = value.encode() if isinstance(value, str) else str(value).encode() if isinstance(value, int) else bytes(value)
    if kind == "hex":
        return data.hex()
    text = ledger_export.as_text(data)
    return _moment(text) if kind == "moment" else text


def _moment(text: str) -> str:
    """Return SQLite's text of a moment in the record's form, or as it is where Django would not have written it so."""
    if not _SQLITE_MOMENT.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return text
    return ledger_record.stamp(moment) if text == str(moment.replace(tzinfo=None)) else text


def _duty(duty: Duty) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: getattr(duty, name)
        for name in "key policy digest rule article owes role expects to cc unrouted form grade scope delegate "
        "first_notice through provisional unverified province".split()
    }
    fields["start"] = ledger_record.stamp(duty.start)
    fields["due"] = None if duty.due is None else ledger_record.stamp(duty.due)
    fields |= {"opened_by": duty.opened_by_id, "met_by": duty.met_by_id, "void_by": duty.void_by_id}
    return fields


def proven(case: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the records of an export, of one case where asked; every seal carries its proof to the last head."""
    head = sealing.last_head()
    size = head.size if head else 0
    tree = sealing.tree(size)
    wanted = _entries_of(case) if case is not None else set()
    for record, fields in records():
        if case is not None and not _belongs(record, fields, case, wanted, str(size)):
            continue
        if record == "seal" and int(fields["number"]) < size:
            hashes = [step.hex() for step in tree.inclusion_proof(int(fields["number"]))]
            fields = fields | {"proof": {"size": size, "hashes": hashes}}
        yield record, fields


def _entries_of(case: str) -> set[str]:
    """Return the entries of a case and those that opened or ended its duties, such as the adoption of an overlay."""
    entries = set(Entry.objects.filter(case=case).values_list("id", flat=True))
    for row in Duty.objects.filter(case=case).values_list("opened_by", "met_by", "void_by"):
        entries |= {entry for entry in row if entry}
    return entries


def _belongs(record: str, fields: dict[str, Any], case: str, entries: set[str], size: str) -> bool:
    if record == "entry":
        return fields["id"] in entries
    if record == "seal":
        return fields["entry"] in entries
    if record == "duty":
        return bool(fields["scope"].get("case") == case)
    return record == "policy" or fields["size"] == size
