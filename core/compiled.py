"""Queries whose SQL is made once, for the few that every booking asks.

Django builds the SQL of a query anew each time, which takes longer than the database
needs for the answer. Here a query is written as always, with `Given` in the place of
what differs; its SQL is made at the first call, and each call fills in the values:

    OWN = Select(lambda: Party.objects.filter(booked_by=Given("booker", KEY)))
    parties = OWN(booker=user.pk)

For other queries `QuerySet` is the place: nothing here knows prefetches or joins in
an update.

What is known to be asked or written next can go to PostgreSQL in one trip: see
`asked_ahead` and `write_together`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict
from django.db.models.expressions import Expression
from django.db.models.sql import InsertQuery, UpdateQuery

T = TypeVar("T")
KEY = models.BigIntegerField()
MOMENT = models.DateTimeField()
DATE = models.DateField()
TEXT = models.TextField()
Params = Sequence[Any]
# Values that both drivers take as they are; for others the field is asked.
PLAIN: dict[type[models.Field[Any, Any]], type] = {
    models.BigAutoField: int,
    models.BigIntegerField: int,
    models.BooleanField: bool,
    models.CharField: str,
    models.ForeignKey: int,
    models.OneToOneField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.TextField: str,
}


class Given(Expression):
    """A value that each call gives by this name, as a field of this kind."""

    def __init__(self, name: str, output_field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A placeholder; the value follows in `_filled`."""
        return "%s", [self]

    def prepared(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """The value as the driver of the database takes it."""
        if type(value) is PLAIN.get(type(self.output_field)):
            return value
        return self.output_field.get_db_prep_value(value, connection)


class GivenKeys(Expression):
    """Keys that each call gives by this name, any number of them, after `__in=`."""

    def __init__(self, name: str) -> None:
        super().__init__(output_field=KEY)
        self.name = name

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """One array, whatever its length."""
        return "(SELECT unnest(%s::bigint[]))", [self]

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """One text: SQLite knows no arrays."""
        return "(SELECT value FROM json_each(%s))", [self]

    def prepared(self, value: Collection[int], connection: BaseDatabaseWrapper) -> Any:
        """The value as this database's placeholder takes it."""
        keys = list(value)
        return json.dumps(keys) if connection.vendor == "sqlite" else keys


def _filled(
    params: Params, values: Mapping[str, Any], connection: BaseDatabaseWrapper
) -> list[Any]:
    return [
        p.prepared(values[p.name], connection)
        if isinstance(p, Given | GivenKeys)
        else p
        for p in params
    ]


def _saved(
    field: models.Field[Any, Any], row: models.Model, connection: BaseDatabaseWrapper
) -> Any:
    """The value of a field as the driver takes it; NULL needs no adapting."""
    value = field.pre_save(row, True)
    if (value is None and field.null) or type(value) is PLAIN.get(type(field)):
        return value
    return field.get_db_prep_save(value, connection)


@contextmanager
def _cursor(connection: BaseDatabaseWrapper) -> Iterator[Any]:
    """A cursor for a statement that is always the same."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # With SQLite nothing of PostgreSQL's is loaded.
            from core.prepared_cursor import PreparedCursor

            cursor.cursor = PreparedCursor(connection.connection)
        yield cursor


@contextmanager
def _writing_cursor(connection: BaseDatabaseWrapper) -> Iterator[Any]:
    """For a write: a transaction in which it failed can only be rolled back."""
    with (
        transaction.mark_for_rollback_on_error(connection.alias),
        _cursor(connection) as cursor,
    ):
        yield cursor


@contextmanager
def _one_trip(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """What is sent inside goes to PostgreSQL at once; its answers are there after it.

    https://www.psycopg.org/psycopg3/docs/advanced/pipeline.html
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


@contextmanager
def _with_begin(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """The first statement of a transaction goes together with psycopg's BEGIN."""
    if connection.in_atomic_block and _is_idle(connection):
        with _one_trip(connection):
            yield
    else:
        yield


def _is_idle(connection: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL has not been told of the transaction yet."""
    if connection.vendor != "postgresql":
        return False
    # With SQLite nothing of PostgreSQL's is loaded.
    from psycopg.pq import TransactionStatus

    status = connection.connection.pgconn.transaction_status
    return bool(status == TransactionStatus.IDLE)


class Select(Generic[T]):
    """A queryset of instances, or of `values_list`, that is asked by calling it."""

    def __init__(self, make: Callable[[], models.QuerySet[Any, T]]) -> None:
        self._make = make
        # By the kind of database.
        self._made: dict[str, tuple[models.QuerySet[Any, T], Any, str, Params]] = {}

    def _compile(
        self, connection: BaseDatabaseWrapper
    ) -> tuple[models.QuerySet[Any, T], Any, str, Params]:
        queryset = self._make()
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([s[0] for s in compiler.select])
        compiler.get_converters = lambda expressions: converters
        return queryset, compiler, sql, params

    def asking(self, **values: Any) -> Question:
        """The question with these values, for `asked_ahead`."""
        return Question(self, values)

    def __call__(self, **values: Any) -> list[T]:
        """The rows, for these values."""
        connection = transaction.get_connection()
        rows = _answered(self, values)
        if rows is None:
            with _cursor(connection) as cursor:
                self._send(cursor, values, connection)
                rows = cursor.fetchall()
        return self._read(rows, connection)

    def _statement(
        self, connection: BaseDatabaseWrapper
    ) -> tuple[models.QuerySet[Any, T], Any, str, Params]:
        if connection.vendor not in self._made:
            self._made[connection.vendor] = self._compile(connection)
        return self._made[connection.vendor]

    def _send(
        self, cursor: Any, values: Mapping[str, Any], connection: BaseDatabaseWrapper
    ) -> None:
        _queryset, _made, sql, params = self._statement(connection)
        cursor.execute(sql, _filled(params, values, connection))

    def _read(self, rows: list[Any], connection: BaseDatabaseWrapper) -> list[T]:
        queryset, made, _sql, _params = self._statement(connection)
        compiler = copy.copy(made)
        compiler.connection = connection
        compiler.execute_sql = lambda *args, **kwargs: [rows]
        iterable: Any = queryset._iterable_class
        return list(iterable(_Asked(queryset, compiler)))

    def first(self, **values: Any) -> T | None:
        """The first row, or None."""
        return next(iter(self(**values)), None)

    def get(self, **values: Any) -> T:
        """The one row; raises the DoesNotExist of its model."""
        rows = self(**values)
        if not rows:
            raise self._make().model.DoesNotExist
        return rows[0]


class _Asked:
    """What Django's iterables read of a queryset whose SQL is there already."""

    def __init__(self, queryset: models.QuerySet[Any, Any], compiler: Any) -> None:
        self.db, self.model = queryset.db, queryset.model
        self._known_related_objects: dict[Any, Any] = {}
        self._compiler = compiler
        self.query = self

    def get_compiler(self, using: str) -> Any:
        return self._compiler


@dataclass(frozen=True)
class Question:
    """A `Select` with its values, not asked yet."""

    select: Select[Any]
    values: Mapping[str, Any]


@dataclass
class _Answer:
    """What came back, until somebody asks for it."""

    question: Question
    rows: list[Any]


_answers: ContextVar[list[_Answer] | None] = ContextVar("answers", default=None)


@contextmanager
def asked_ahead(*questions: Question) -> Iterator[None]:
    """Ask several at once; whoever asks one of them inside gets that answer, once.

    For reads that nothing is written between. SQLite, which has no way to go, is asked
    when they are.
    """
    connection = transaction.get_connection()
    if connection.vendor != "postgresql":
        yield
        return
    token = _answers.set(_asked(questions, connection))
    try:
        yield
    finally:
        _answers.reset(token)


def _asked(
    questions: Sequence[Question], connection: BaseDatabaseWrapper
) -> list[_Answer]:
    with ExitStack() as stack:
        cursors = [stack.enter_context(_cursor(connection)) for _ in questions]
        with _one_trip(connection):
            for question, cursor in zip(questions, cursors, strict=True):
                question.select._send(cursor, question.values, connection)
        rows = [cursor.fetchall() for cursor in cursors]
    return [_Answer(*one) for one in zip(questions, rows, strict=True)]


def _answered(select: Select[Any], values: Mapping[str, Any]) -> list[Any] | None:
    answers = _answers.get() or []
    for number, answer in enumerate(answers):
        if answer.question.select is select and answer.question.values == values:
            return answers.pop(number).rows
    return None


class Update:
    """An UPDATE of the rows of a queryset; calling it gives how many it found."""

    def __init__(
        self, make: Callable[[], models.QuerySet[Any, Any]], **changes: Any
    ) -> None:
        self._make, self._changes = make, changes
        self._made: dict[str, tuple[str, Params]] = {}

    def _compile(self, connection: BaseDatabaseWrapper) -> tuple[str, Params]:
        query: Any = self._make().query.chain(UpdateQuery)
        query.add_update_values(self._changes)
        made: tuple[str, Params] = query.get_compiler(connection=connection).as_sql()
        return made

    def writing(self, **values: Any) -> Change:
        """The change with these values, for `write_together`."""
        connection = transaction.get_connection()
        if connection.vendor not in self._made:
            self._made[connection.vendor] = self._compile(connection)
        sql, params = self._made[connection.vendor]
        return Change(sql, _filled(params, values, connection))

    def __call__(self, **values: Any) -> int:
        """How many rows were changed."""
        return write_together(self.writing(**values))


@dataclass(frozen=True)
class Change:
    """An `Update` or `Insert` with its values, not written yet."""

    sql: str
    params: Params


def write_together(*changes: Change) -> int:
    """Write several in one trip, the last one last; how many rows that one changed.

    On PostgreSQL those before it are one statement: none of them sees another's rows.
    https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING
    """
    if not changes:
        return 0
    connection = transaction.get_connection()
    if connection.vendor == "postgresql" and changes[1:]:
        return _write_in_one_trip(changes, connection)
    with _writing_cursor(connection) as cursor:
        for change in changes:
            cursor.execute(change.sql, change.params)
        return int(cursor.rowcount)


def _write_in_one_trip(
    changes: Sequence[Change], connection: BaseDatabaseWrapper
) -> int:
    others, last = _joined(changes[:-1]), changes[-1]
    with _writing_cursor(connection) as first, _cursor(connection) as second:
        with _one_trip(connection):
            first.execute(others.sql, others.params)
            second.execute(last.sql, last.params)
        return int(second.rowcount)


def _joined(changes: Sequence[Change]) -> Change:
    sql = _with_parts(tuple(change.sql for change in changes))
    return Change(sql, [value for change in changes for value in change.params])


@lru_cache(maxsize=100)
def _with_parts(statements: tuple[str, ...]) -> str:
    *others, last = statements
    if not others:
        return last
    parts = (f"part_{number} AS ({sql})" for number, sql in enumerate(others))
    return f"WITH {', '.join(parts)} {last}"


class Insert:
    """An INSERT of new instances, which then have their keys; no signals.

    Does what `bulk_create` does, with the same options; one instance, the usual case,
    is fast. `has_keys`: the instances have their keys already, from `core.keys`.
    """

    def __init__(
        self,
        model: type[models.Model],
        *,
        has_keys: bool = False,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Sequence[str] = (),
        unique_fields: Sequence[str] = (),
    ) -> None:
        self._model, self._has_keys = model, has_keys
        self._options: dict[str, Any] = {}
        self._on_conflict = None
        if ignore_conflicts:
            self._options = {"ignore_conflicts": True}
            self._on_conflict = OnConflict.IGNORE
        if update_conflicts:
            self._options = {
                "update_conflicts": True,
                "update_fields": update_fields,
                "unique_fields": unique_fields,
            }
            self._on_conflict = OnConflict.UPDATE
        # By the kind of database, and whether it gives something back.
        self._made: dict[tuple[str, bool], tuple[str, Any, list[Any]]] = {}

    @cached_property
    def _fields(self) -> list[Any]:
        fields = self._model._meta.concrete_fields
        return [
            f for f in fields if self._has_keys or not isinstance(f, models.AutoField)
        ]

    def _compile(
        self, connection: BaseDatabaseWrapper, row: models.Model, is_answered: bool
    ) -> tuple[str, Any, list[Any]]:
        names = {
            k: self._options.get(k, ()) for k in ("update_fields", "unique_fields")
        }
        field = self._model._meta.get_field
        query: Any = InsertQuery(
            self._model,
            on_conflict=self._on_conflict,
            **{kind: [field(name) for name in names[kind]] for kind in names},
        )
        query.insert_values(self._fields, [row])
        compiler = query.get_compiler(connection=connection)
        if is_answered and self._on_conflict != OnConflict.IGNORE:
            compiler.returning_fields = self._model._meta.db_returning_fields
        ((sql, _params),) = compiler.as_sql()
        return sql, compiler.returning_params, compiler.returning_fields or []

    def __call__(self, rows: Sequence[models.Model]) -> None:
        """Write the instances."""
        if len(rows) == 1:
            self._write(rows[0])
        else:
            self._model._default_manager.bulk_create(rows, **self._options)

    def writing(self, row: models.Model) -> Change:
        """The instance as it is now, for `write_together`.

        What the database would give back does not come: the key has to be known, or of
        no interest.
        """
        change, _returning, _returned = self._change(row, is_answered=False)
        return change

    def _change(
        self, row: models.Model, *, is_answered: bool
    ) -> tuple[Change, Any, list[Any]]:
        connection = transaction.get_connection()
        made = (connection.vendor, is_answered)
        if made not in self._made:
            self._made[made] = self._compile(connection, row, is_answered)
        sql, returning, returned = self._made[made]
        row._prepare_related_fields_for_save(operation_name="insert")  # type: ignore[attr-defined]
        values = [_saved(field, row, connection) for field in self._fields]
        row._state.adding, row._state.db = False, connection.alias
        return Change(sql, values), returning, returned

    def _write(self, row: models.Model) -> None:
        connection = transaction.get_connection()
        change, returning, returned = self._change(row, is_answered=True)
        with _writing_cursor(connection) as cursor:
            with _with_begin(connection):
                cursor.execute(change.sql, change.params)
            found = returned and connection.ops.fetch_returned_insert_columns(
                cursor, returning
            )
        for field, value in zip(returned, found, strict=True):
            setattr(row, field.attname, value)
