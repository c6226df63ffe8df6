"""Seats belong to `booking.seats`, cells to `booking.ledger`, and nobody else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "booking", "consulting", "core", "courses", "desk", "notifications")

OWNERS = {
    r"\b(seats_taken|waiting_parties)\s*[-+]?=[^=]": {
        # The two places that may write, and the fields' own definition.
        "booking/seats.py",
        "booking/models/offerings.py",
    },
    r"BusyCell\(|BusyCell\.objects\.(create|bulk_create|get_or_create)": {
        "booking/ledger.py",
        "booking/models/times.py",
    },
    r"BusyCell\.objects\.[^\n]*\.(update|delete)\(": {"booking/ledger.py"},
    r"StatusChange\(|StatusChange\.objects\.(create|bulk_create)": {
        "booking/states.py",
        "booking/models/history.py",
    },
}
# A filter or a keyword of a query reads `seats_taken=…`; only these calls may.
READS = re.compile(r"(filter|exclude|Q)\([^)]*$")


def source_files() -> list[Path]:
    return [
        path
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
    ]


@pytest.mark.parametrize("pattern", OWNERS)
def test_only_the_owner_writes(pattern: str) -> None:
    strangers = []
    for path in source_files():
        name = str(path.relative_to(ROOT))
        if name in OWNERS[pattern]:
            continue
        text = path.read_text()
        strangers += [
            f"{name}: {match.group(0)}"
            for match in re.finditer(pattern, text)
            if not READS.search(text[: match.start()])
        ]

    assert strangers == []


def test_the_patterns_find_their_owners() -> None:
    for pattern, owners in OWNERS.items():
        found = {
            str(path.relative_to(ROOT))
            for path in source_files()
            if re.search(pattern, path.read_text())
        }
        assert found & owners, pattern
