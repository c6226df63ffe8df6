"""Every page that somebody may see, from the one table of addresses and roles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.access_table import ROWS, Row
from tests.access_world import World

# The other applicant and the other instructor see the same pages, emptier.
VIEWERS = ("anonymous", "applicant", "instructor", "reception", "planner")
# What is no page: files, answers of machines, and the admin, whose pages are Django's.
NO_PAGE = re.compile(
    r"\.(atom|ics|txt|xml|webmanifest)$|/file/$|^/(livez|readyz|healthz|admin)|\.js$"
)


@dataclass(frozen=True)
class Sheet:
    """One page as one role sees it; a POST is its form, sent with nothing in it."""

    path: str
    role: str
    method: str = "GET"

    @property
    def name(self) -> str:
        """A name for files and findings: `bookings-enrolled-applicant`."""
        words = re.sub(r"[^a-z0-9]+", "-", self.path.lower()).strip("-") or "home"
        end = "" if self.method == "GET" else "-refused"
        return f"{words}-{self.role}{end}"

    def address(self, world: World) -> str:
        """The path with the names of the world in it."""
        return re.sub(r"<(\w+)>", lambda name: world.names[name[1]], self.path)


def sheets() -> list[Sheet]:
    """Every page of the table for each role that gets it, and every refused form."""
    return [sheet for row in ROWS if not NO_PAGE.search(row.path) for sheet in _of(row)]


def sheets_without_names() -> list[Sheet]:
    """The pages that are there when the centre has nothing yet."""
    return [sheet for sheet in sheets() if "<" not in sheet.path]


def _of(row: Row) -> Iterator[Sheet]:
    for method in ("GET", "POST"):
        expected = row.expected(method)
        yield from (
            Sheet(row.path, role, method)
            for role in VIEWERS
            if expected[role] == "200" and not _is_repeated(row, role, method)
        )


def _is_repeated(row: Row, role: str, method: str) -> bool:
    """Whether another role's page already shows what this one shows.

    An applicant's page has the header of somebody who is signed in; instructors and
    staff meet the same page, and reception meets the planner's with fewer buttons.
    """
    expected = row.expected(method)
    first = next(name for name in VIEWERS if expected[name] == "200")
    if role == first or (role == "applicant" and method == "GET"):
        return False
    is_staff_page = "/staff/" in row.path
    return not (is_staff_page and role in {"reception", "planner"} and method == "GET")
