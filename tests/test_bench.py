"""Each benchmark still runs, in a tiny form."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest

from bench.__main__ import BENCHMARKS
from bench.places import Place
from bench.report import Options
from tests.support.site import Databases

IS_ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")


@pytest.mark.skipif(
    IS_ON_POSTGRES and not os.environ.get("HIDAJ_NIGHT"),
    reason="a benchmark is no proof: by day one database shows that it runs",
)
@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_benchmark_runs_and_writes_its_figures(
    name: str,
    databases: Databases,
    static_files: None,
    valkey: str,
    tmp_path: Path,
):
    kind = "postgres" if databases.is_postgres else "sqlite"
    options = Options(seconds=0.3, clients=(2,), databases=(kind,), tiny=True)

    with contextlib.closing(Place(kind, databases, valkey)) as place:
        report = BENCHMARKS[name]({kind: place}, options)

    written = json.loads(report.write(options, tmp_path).read_text(encoding="utf-8"))
    assert written["figures"] == report.rows
    assert written["figures"]
    assert written["machine"]["cores"] == os.cpu_count()
    assert [n for n in written["notes"] if "audit" in n and "clean" not in n] == []
    assert {row.get("oversold", 0) for row in report.rows} == {0}
    assert {row.get("untrue_answers", 0) for row in report.rows} == {0}
