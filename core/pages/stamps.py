"""One value that changes, in the same transaction, with every text of the pages.

Triggers write it, so that no road around the services (the admin, a command, an UPDATE
of many rows) can forget it. It is random, so that a value never comes back, whatever
is undone or restored. What changes with every booking is not stamped, or all bookings
would wait for this one row: a page asks for its places itself.

On PostgreSQL the row is written at the commit, so that nobody waits for it longer than
a commit takes. SQLite has one writer at a time anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

PREFIX = "page_stamp_"
EVENTS = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Stamped:
    """A table whose changes change pages; with columns, only theirs do.

    `only` is an SQL condition on the row `NEW`.
    """

    table: str
    columns: tuple[str, ...] = ()
    only: str = ""

    @property
    def events(self) -> tuple[str, ...]:
        """A part of a table matters only once other tables speak of the row."""
        return ("UPDATE",) if self.columns else EVENTS

    @property
    def condition(self) -> str:
        """When a change of a row counts; `{differs}` is the database's own word."""
        changed = " OR ".join(f"OLD.{c} {{differs}} NEW.{c}" for c in self.columns)
        parts = [f"({part})" for part in (changed, self.only) if part]
        return " AND ".join(parts)


_stamped: dict[str, Stamped] = {}


def register_stamped(
    model: type[models.Model], *columns: str, only: str = "", but: tuple[str, ...] = ()
) -> None:
    """Have pages change with this model's rows, or with some columns of them.

    `but` names the columns that do not count.
    """
    if but:
        fields = model._meta.concrete_fields
        names = (field.column or "" for field in fields)
        columns = tuple(name for name in names if name not in {*but, "id"})
    table = model._meta.db_table
    _stamped[table] = Stamped(table, columns, only)


def stamp() -> str | None:
    """The value now; None before the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM core_pagestamp")
        row = cursor.fetchone()
    return row[0] if row else None


def missing() -> list[str]:
    """Stamped tables without their triggers (for the audit)."""
    there = _triggers()
    wanted = {_name(one, event) for one in _stamped.values() for event in one.events}
    return sorted(wanted - there)


def install(**_: Any) -> None:
    """Make the triggers that are missing, and a new stamp if there were any.

    Runs after each migration: SQLite drops the triggers of a table that it rebuilds.
    """
    tables = set(connection.introspection.table_names())
    if "core_pagestamp" not in tables:
        return
    lacking = set(missing())
    with transaction.atomic(), connection.cursor() as cursor:
        for one in _stamped.values():
            if one.table in tables and lacking & {_name(one, e) for e in one.events}:
                for statement in _statements(one):
                    cursor.execute(statement)
        if lacking or stamp() is None:
            cursor.execute(_WRITE[connection.vendor])


def uninstall(**_: Any) -> None:
    """Take the triggers away before a migration of SQLite.

    It cannot rebuild a table that a trigger of another table names. PostgreSQL can.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for name in _triggers():
            cursor.execute(f"DROP TRIGGER {name}")


_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
_WRITE = {
    "sqlite": "INSERT INTO core_pagestamp (id, value)"
    " VALUES (1, hex(randomblob(16)))"
    " ON CONFLICT (id) DO UPDATE SET value = excluded.value",
    # A transaction writes it once, however many rows it changes.
    "postgresql": "INSERT INTO core_pagestamp AS now (id, value)"
    " VALUES (1, pg_current_xact_id() || '-' || gen_random_uuid())"
    " ON CONFLICT (id) DO UPDATE SET value = excluded.value"
    " WHERE split_part(now.value, '-', 1) <> pg_current_xact_id()::text",
}


def _triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS[connection.vendor])
        return {name for (name,) in cursor.fetchall() if name.startswith(PREFIX)}


def _name(one: Stamped, event: str) -> str:
    return f"{PREFIX}{one.table}_{event.lower()}"


def _statements(one: Stamped) -> list[str]:
    if connection.vendor == "sqlite":
        return [_sqlite_trigger(one, event) for event in one.events]
    return [
        _postgres_function(one),
        *(part for event in one.events for part in _postgres_trigger(one, event)),
    ]


def _columns(one: Stamped) -> str:
    return f" OF {', '.join(one.columns)}" if one.columns else ""


def _sqlite_trigger(one: Stamped, event: str) -> str:
    condition = one.condition.format(differs="IS NOT")
    when = f" WHEN {condition}" if condition else ""
    return (
        f"CREATE TRIGGER IF NOT EXISTS {_name(one, event)}"
        f" AFTER {event}{_columns(one)} ON {one.table}{when}"
        f" BEGIN {_WRITE['sqlite']}; END"
    )


def _postgres_function(one: Stamped) -> str:
    condition = one.condition.format(differs="IS DISTINCT FROM")
    write = f"{_WRITE['postgresql']};"
    body = f"IF {condition} THEN {write} END IF;" if condition else write
    return (
        f"CREATE OR REPLACE FUNCTION {PREFIX}{one.table}() RETURNS trigger"
        f" LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    )


def _postgres_trigger(one: Stamped, event: str) -> list[str]:
    name = _name(one, event)
    return [
        f"DROP TRIGGER IF EXISTS {name} ON {one.table}",
        (
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {event}{_columns(one)}"
            f" ON {one.table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW EXECUTE FUNCTION {PREFIX}{one.table}()"
        ),
    ]
