"""The ceiling: the rows of one booking, written as plain SQL through the driver.

What is written is learnt from a real booking, so that the ceiling follows the service:
`learn` calls it once and keeps every new row; a raw booking inserts copies of them with
new keys and takes the seat by the same guarded UPDATE, last.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Protocol
from uuid import uuid4

import psycopg
from django.apps import apps
from django.db import connection
from django.db.models import AutoField, Max
from psycopg.conninfo import make_conninfo

from accounts.models import Person
from bench.clients import Act
from core.sqlite3.queue import WriterQueue

# In the order in which they can be inserted.
TABLES = (
    "booking_party",
    "booking_reservation",
    "booking_statuschange",
    "notifications_outboxmessage",
    "core_idempotencykey",
)
TAKE = (
    "UPDATE booking_offering SET seats_taken = seats_taken + 1 WHERE id = %s"
    " AND seats_taken + 1 <= capacity AND waiting_parties = 0"
)
Row = dict[str, Any]
_rows: list[tuple[str, Row]] = []


def learn(book: Callable[[], object]) -> None:
    """Call `book` and keep the rows that it wrote.

    Raises AssertionError when it wrote other tables than TABLES.
    """
    before = _newest()
    book()
    after = _newest()
    assert {t for t in after if after[t] != before[t]} == set(TABLES)
    _rows.clear()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} WHERE id > %s", [before[table]])
            names = [column[0] for column in cursor.description]
            for values in cursor.fetchall():
                row = dict(zip(names, values, strict=True))
                del row["id"]
                _rows.append((table, row))


def _newest() -> dict[str, int]:
    """The largest number in each table that counts its rows."""
    models = apps.get_models(include_auto_created=True)
    counted = [
        m for m in models if m._meta.managed and isinstance(m._meta.pk, AutoField)
    ]
    return {
        model._meta.db_table: model.objects.aggregate(n=Max("pk"))["n"] or 0
        for model in counted
    }


class Database(Protocol):
    """A plain connection of the driver that Django uses, too."""

    def begin(self) -> None: ...
    def run(self, sql: str, values: list[Any]) -> Any: ...
    def commit(self) -> None: ...


class Postgres:
    """psycopg as it comes: it prepares what is run again and again."""

    def __init__(self) -> None:
        settings = connection.get_connection_params()
        names = ("host", "port", "user", "dbname", "options")
        self.connection = psycopg.connect(
            make_conninfo(**{name: settings[name] for name in names})
        )

    def begin(self) -> None:
        """The driver does it with the first statement."""

    def run(self, sql: str, values: list[Any]) -> Any:
        return self.connection.execute(sql, values)

    def commit(self) -> None:
        self.connection.commit()


class Sqlite:
    """The driver with the pragmas of the settings; it writes whenever it gets the lock.

    As SQLite's lock is not fair, one client may wait for seconds meanwhile.
    """

    def __init__(self) -> None:
        driver = connection.Database
        options = connection.settings_dict["OPTIONS"]
        self.connection = driver.connect(
            connection.settings_dict["NAME"],
            timeout=options["timeout"],
            isolation_level=None,
        )
        self.connection.executescript(options["init_command"])

    def begin(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def run(self, sql: str, values: list[Any]) -> Any:
        return self.connection.execute(sql.replace("%s", "?"), values)

    def commit(self) -> None:
        self.connection.execute("COMMIT")


class SqliteInTurn(Sqlite):
    """The same in the queue of the site, where the first who comes writes first."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = WriterQueue(f"{connection.settings_dict['NAME']}-queue")
        self.timeout = connection.settings_dict["OPTIONS"]["timeout"]

    def begin(self) -> None:
        self.queue.wait(self.timeout)
        super().begin()

    def commit(self) -> None:
        super().commit()
        self.queue.leave()


def client(job: Any) -> Act:
    """A client that books without the service, each user once."""
    persons = dict(Person.objects.values_list("user_id", "pk"))
    kind = connection.vendor
    database: Database = Postgres() if kind == "postgresql" else Sqlite()
    if job.in_turn:
        database = SqliteInTurn()
    statements = [(table, _insert(table, row), row) for table, row in _rows]
    users = iter(job.user_ids)

    def act() -> str | None:
        user = next(users, None)
        if user is None:
            return None
        # Nobody may book a run twice.
        offering = job.runs[(user + job.shift) % len(job.runs)]["offering_id"]
        known: Row = {
            "offering_id": offering,
            "booked_by_id": user,
            "by_id": user,
            "person_id": persons[user],
            "actor": f"user:{user}",
        }
        database.begin()
        for table, insert, row in statements:
            made = database.run(insert, _values(row, known, kind)).fetchone()[0]
            _remember(table, made, known)
        database.run(TAKE, [offering])
        database.commit()
        return "booked"

    return act


def _insert(table: str, row: Row) -> str:
    places = ", ".join(["%s"] * len(row))
    names = ", ".join(row)
    return f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id"


def _remember(table: str, number: int, known: Row) -> None:
    """Later rows point to earlier ones by these names."""
    if table == "booking_party":
        known |= {"party_id": number, "result_id": number}
    elif table == "booking_reservation":
        known |= {"reservation_id": number, "subject_id": number}


def _values(row: Row, known: Row, kind: str) -> list[Any]:
    return [known.get(name, _fresh(name, value, kind)) for name, value in row.items()]


def _fresh(name: str, value: Any, kind: str) -> Any:
    """The value itself, or a new one where a column is unique."""
    if name in ("uid", "key"):
        return uuid4().hex if kind == "sqlite" else uuid4()
    if name in ("reference", "dedupe_key"):
        return secrets.token_hex(4 if name == "reference" else 16)
    return secrets.randbelow(2**53) if name == "local_id" else value
