"""Forbid the database itself to change or delete what is append-only, and tell when a trigger is missing.

Django rebuilds a table on SQLite to alter it and drops its triggers without a word: a migration that touches one of
`TABLES` must install them again, and the check of the hub names each one that is not there word for word.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Table and the columns that are unique in it.
TABLES = {
    "ledger_entry": ("id", "key"),
    "ledger_seal": ("number", "entry_id"),
    "ledger_head": ("size",),
    "ledger_policytext": ("digest",),
}
_FUNCTION = "ledger_append_only"
_FUNCTION_BODY = "BEGIN RAISE EXCEPTION 'the ledger is append-only: % on % is forbidden', TG_OP, TG_TABLE_NAME; END"


def expected(vendor: str) -> dict[str, str]:
    """Return the statement that makes each trigger, by the trigger's name."""
    if vendor == "postgresql":
        return {
            f"{table}_no_{what.lower()}": f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
            f"FOR EACH {'STATEMENT' if what == 'TRUNCATE' else 'ROW'} EXECUTE FUNCTION {_FUNCTION}()"
            for table in TABLES
            for what in ("UPDATE", "DELETE", "TRUNCATE")
        }
    made = {}
    for table, unique in TABLES.items():
        raising = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {} on {} is forbidden'); END"
        for what in ("UPDATE", "DELETE"):
            name = f"{table}_no_{what.lower()}"
            made[name] = f"CREATE TRIGGER {name} BEFORE {what} ON {table} {raising.format(what, table)}"
        # INSERT OR REPLACE deletes the old row without asking the trigger for DELETE.
        same = " OR ".join(f'"{column}" = NEW."{column}"' for column in unique)
        made[f"{table}_no_replace"] = (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS "
            f"(SELECT 1 FROM {table} WHERE {same}) {raising.format('REPLACE', table)}"
        )
    return made


def install(connection: BaseDatabaseWrapper) -> None:
    """Make every trigger that is missing or differs."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${_FUNCTION_BODY}$$"
            )
    wanted = missing(connection)
    statements = expected(connection.vendor)
    with connection.cursor() as cursor:
        for name in wanted:
            cursor.execute(_drop(connection, name))
            cursor.execute(statements[name])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop every trigger: for reversing the migration, and for tests that must empty the tables."""
    with connection.cursor() as cursor:
        for name in expected(connection.vendor):
            cursor.execute(_drop(connection, name))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers that are not there, are switched off, or say something else."""
    wanted = expected(connection.vendor)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT t.tgname FROM pg_trigger t "
                "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
                "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND p.proname = %s AND p.prosrc = %s "
                "AND pg_table_is_visible(c.oid) AND t.tgqual IS NULL "
                "AND t.tgname = c.relname || '_no_' || "
                "CASE WHEN t.tgtype & 2 = 0 THEN '' WHEN t.tgtype & 16 > 0 THEN 'update' "
                "WHEN t.tgtype & 8 > 0 THEN 'delete' WHEN t.tgtype & 32 > 0 THEN 'truncate' END",
                [_FUNCTION, _FUNCTION_BODY],
            )
            there = {name for (name,) in cursor.fetchall()}
            return sorted(set(wanted) - there)
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = dict(cursor.fetchall())
    return sorted(name for name, statement in wanted.items() if found.get(name) != statement)


def check(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Return an error for each missing trigger of a database that has the ledger's tables."""
    errors: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if "ledger_entry" in connection.introspection.table_names():
            errors += [
                Error(
                    f"The trigger {name} is missing in the database “{alias}”: the ledger can be changed unseen.",
                    hint="Find out who dropped it, run `cleannet ledger verify`, then `cleannet hub migrate`.",
                    id="ledger.E001",
                )
                for name in missing(connection)
            ]
    return errors


def install_in_migration(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    install(schema_editor.connection)


def remove_in_migration(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    remove(schema_editor.connection)


def _drop(connection: BaseDatabaseWrapper, name: str) -> str:
    table = name.rsplit("_no_", 1)[0]
    return f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if connection.vendor == "postgresql" else "")
