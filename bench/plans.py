"""How a database answers queries: which of them read a whole table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

_READS = ("SELECT", "UPDATE", "DELETE")
_INDEX = re.compile(r"INDEX (\w+)|(?:Index Only Scan|Index Scan)[\w ]* using (\w+)")
_BITMAP = re.compile(r"Bitmap Index Scan on (\w+)")


@dataclass
class Plans:
    """Plans of the queries about one table, as the database explains them."""

    table: str
    queries: list[tuple[str, Any]] = field(default_factory=list)
    plans: list[tuple[str, str]] = field(default_factory=list)

    def explain(self) -> None:
        """Ask the database about every query that was seen, each wording once."""
        word = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        for sql, params in dict(self.queries).items():
            with connection.cursor() as cursor:
                cursor.execute(f"{word} {sql}", params)
                lines = [str(row[-1]) for row in cursor.fetchall()]
            self.plans.append((sql, "\n".join(lines)))

    def scans(self) -> list[str]:
        """Queries, with their plans, that read the table from end to end."""
        whole = re.compile(rf"Seq Scan on {self.table}|SCAN {self.table}(?! USING)")
        return [f"{sql}\n{plan}" for sql, plan in self.plans if whole.search(plan)]

    def indexes(self) -> list[str]:
        """The indexes that were used, by name."""
        found: set[str] = set()
        for _sql, plan in self.plans:
            found |= {a or b for a, b in _INDEX.findall(plan)}
            found |= set(_BITMAP.findall(plan))
        return sorted(found)


@contextmanager
def plans_of(table: str) -> Iterator[Plans]:
    """The plans of what is asked about a table meanwhile; explained at the end."""
    plans = Plans(table)

    def look(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if not many and sql.startswith(_READS) and f'"{table}"' in sql:
            plans.queries.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield plans
    plans.explain()
