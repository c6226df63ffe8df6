"""What a benchmark found: one JSON file and one readable table."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import sqlite3
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pysqlite3

FOLDER = Path(__file__).resolve().parent.parent / "var" / "bench"
LIBRARIES = ("Django", "psycopg", "gunicorn")


@dataclass(frozen=True)
class Options:
    """What the command line asked for; `tiny` is only to show that it runs."""

    seconds: float
    clients: tuple[int, ...]
    databases: tuple[str, ...]
    tiny: bool = False


@dataclass
class Report:
    """Rows of named figures; a row's keys are the columns of the table."""

    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, **figures: Any) -> dict[str, Any]:
        """One more row, shown at once so that a long run can be watched."""
        self.rows.append(figures)
        words = "  ".join(f"{k} {_text(v)}" for k, v in figures.items())
        print(f"  {self.name}: {words}", flush=True)
        return figures

    def write(self, options: Options, folder: Path = FOLDER) -> Path:
        """Write NAME.json, into var/bench, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        data = {
            "benchmark": self.name,
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "versions": {**_versions(), **self.versions},
            "options": asdict(options),
            "figures": self.rows,
            "notes": self.notes,
        }
        text = json.dumps(data, indent=1, ensure_ascii=False, default=str)
        path.write_text(text + "\n", encoding="utf-8")
        return path

    def table(self) -> str:
        """The rows under their column names, in groups that have the same columns."""
        parts = [f"\n== bench/{self.name}"]
        columns: list[str] = []
        for block in self._blocks():
            columns = list(block[0])
            lines = [columns, *[[_text(r.get(c, "")) for c in columns] for r in block]]
            widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
            for line in lines:
                cells = zip(line, widths, strict=True)
                parts.append("  ".join(f"{cell:<{width}}" for cell, width in cells))
            parts.append("")
        return "\n".join([*parts, *self.notes])

    def _blocks(self) -> list[list[dict[str, Any]]]:
        blocks: list[list[dict[str, Any]]] = []
        for row in self.rows:
            if not blocks or list(blocks[-1][0]) != list(row):
                blocks.append([])
            blocks[-1].append(row)
        return blocks


def machine() -> dict[str, Any]:
    """Cores, memory and load of this machine; a busy one gives lower figures."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30, 1),
        "system": platform.platform(),
        "load_1_min": round(os.getloadavg()[0], 2),
    }


def _versions() -> dict[str, str]:
    found = {name: version(name) for name in LIBRARIES}
    sqlite = pysqlite3.sqlite_version or sqlite3.sqlite_version
    return {"Python": platform.python_version(), "SQLite": sqlite, **found}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return str(value)


def percentile(values: list[float], percent: float) -> float:
    """The value below which so many percent of the (sorted) values lie."""
    if not values:
        return 0.0
    return values[min(len(values) - 1, int(len(values) * percent / 100))]
