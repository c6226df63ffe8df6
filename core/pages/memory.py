"""What pages are made from, remembered in this process under the state it was read in.

A key holds the stamp of the texts (`core.pages.stamps`), or whatever else changes with
the value. So nothing is ever remembered wrongly, and what is old is only never asked
for again; it gives way. What is remembered is shared by all threads and is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from django.db.models import Model

T = TypeVar("T")
Row = TypeVar("Row", bound=Model)
# The runs and services of a large centre and what is drawn of them, in two languages.
MOST_REMEMBERED = 2000
_remembered: dict[Hashable, Any] = {}
_writing = Lock()


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """The value under a key, made if it is not there."""
    value: T | None = recall(key)
    if value is None:
        value = make()
        remember(key, value)
    return value


def recall(key: Hashable) -> Any:
    """The value under a key; None if there is none."""
    return _remembered.get(key)


def remember(key: Hashable, value: object) -> None:
    """Keep a value that will never be changed."""
    with _writing:
        _remembered[key] = value
        if len(_remembered) > MOST_REMEMBERED:
            del _remembered[next(iter(_remembered))]


def own_copy(row: Row) -> Row:
    """A copy of a remembered row whose fields may be set, to show it.

    As copy.copy, which asks a model how it is pickled: that takes five times as long,
    and a page of many runs makes two copies of each.
    """
    twin = type(row).__new__(type(row))
    state = type(row._state)()
    state.__dict__.update(row._state.__dict__)
    state.fields_cache = dict(row._state.fields_cache)
    twin.__dict__.update(row.__dict__, _state=state)
    return twin


def forget() -> None:
    """Forget everything (for tests and measurements)."""
    with _writing:
        _remembered.clear()
