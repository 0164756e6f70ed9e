from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, migrations, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from cleannet.hub.ledger import sealing, triggers
from cleannet.hub.ledger.models import Entry, Head, PolicyText, Seal

ROWS = (Entry, Seal, Head, PolicyText)


@pytest.fixture
def filled(world: Any) -> None:
    world.grade()
    sealing.seal(now=world.now)


@pytest.mark.parametrize("model", ROWS)
@pytest.mark.usefixtures("filled")
def test_rows_can_be_neither_changed_nor_deleted(model: type[models.Model]) -> None:
    table = model._meta.db_table
    column = model._meta.pk.column
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert model._default_manager.count() == 1


@pytest.mark.parametrize("model", ROWS)
@pytest.mark.usefixtures("filled")
def test_rows_can_be_neither_replaced_nor_truncated(model: type[models.Model]) -> None:
    table = model._meta.db_table
    if connection.vendor == "sqlite":
        statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    else:
        connection.check_constraints()
        statement = f"TRUNCATE {table} CASCADE"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert model._default_manager.count() == 1


@pytest.mark.parametrize("name", sorted(triggers.expected(connection.vendor)))
@pytest.mark.django_db
def test_each_missing_trigger_is_named_and_installed_again(name: str) -> None:
    assert triggers.missing(connection) == []
    table = name.rsplit("_no_", 1)[0]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))
    assert triggers.missing(connection) == [name]
    (error,) = triggers.check(databases=["default"])
    assert name in error.msg
    triggers.install(connection)
    assert triggers.missing(connection) == []
    assert triggers.check(databases=["default"]) == []


@pytest.mark.django_db
def test_a_trigger_that_says_something_else_counts_as_missing() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER ledger_entry_no_update")
            cursor.execute("CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry BEGIN SELECT 1; END")
            assert triggers.missing(connection) == ["ledger_entry_no_update"]
        else:
            cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_no_update")
            assert triggers.missing(connection) == ["ledger_entry_no_update"]
            cursor.execute(
                "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                "$$BEGIN RETURN NEW; END$$"
            )
            assert triggers.missing(connection) == sorted(triggers.expected("postgresql"))


def test_the_check_asks_no_database_it_was_not_given() -> None:
    assert triggers.check(databases=None) == []


@pytest.fixture
def migrated_back() -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("migrated_back")
def test_triggers_are_there_after_every_migration_from_the_one_that_installs_them() -> None:
    executor = MigrationExecutor(connection)
    names = sorted(name for app, name in executor.loader.graph.nodes if app == "ledger")
    executor.migrate([("ledger", names[0])])
    assert triggers.missing(connection) == sorted(triggers.expected(connection.vendor))
    for name in names[1:]:
        executor = MigrationExecutor(connection)
        executor.migrate([("ledger", name)])
        assert triggers.missing(connection) == [], f"the migration {name} dropped triggers; install them in it"


@pytest.mark.django_db(transaction=True)
def test_a_rebuilt_table_is_noticed() -> None:
    """Show the danger the check exists for: Django alters a table on SQLite by making it anew."""
    if connection.vendor != "sqlite":
        assert triggers.missing(connection) == []
        return
    state = MigrationExecutor(connection).loader.project_state()
    changed: ProjectState = state.clone()
    operation = migrations.AlterField("policytext", "policy", models.CharField(max_length=65))
    operation.state_forwards("ledger", changed)
    with connection.schema_editor() as editor:
        operation.database_forwards("ledger", editor, state, changed)
    assert triggers.missing(connection) == [f"ledger_policytext_no_{what}" for what in ("delete", "replace", "update")]
    with connection.schema_editor() as editor:
        operation.database_backwards("ledger", editor, changed, state)
    triggers.install(connection)
