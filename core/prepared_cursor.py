"""PostgreSQL's cursor for statements that are always the same.

The server gets the values apart from the statement, so that psycopg can have it
prepared: it is read and planned once for each connection.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count
from typing import Any

from psycopg import RawCursor


@lru_cache(maxsize=500)
def _numbered(query: str) -> str:
    """Django's placeholders as PostgreSQL reads them.

    psycopg does it, too, but anew each time where there are more than 50.
    """
    numbers = count(1)
    return re.sub(
        "%[s%]", lambda found: f"${next(numbers)}" if found[0] == "%s" else "%", query
    )


class PreparedCursor(RawCursor[Any]):
    """https://www.psycopg.org/psycopg3/docs/advanced/cursors.html#raw-query-cursors."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement whose values stand in `params`, even when there are none."""
        return super().execute(_numbered(query), params or (), **options)
