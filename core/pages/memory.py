"""What pages are made from, remembered in this process under the state it was read in.

A key holds the stamp of the texts (`core.pages.stamps`), or whatever else changes with
the value. So nothing is ever remembered wrongly, and what is old is only never asked
for again; it gives way. What is remembered is shared by all threads and is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")
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


def forget() -> None:
    """Forget everything (for tests and measurements)."""
    with _writing:
        _remembered.clear()
