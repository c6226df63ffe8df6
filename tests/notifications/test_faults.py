"""The stories of messages find what they are for: a rule that somebody made faulty.

The faults are put in by a process of its own, so that nothing here is patched.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.faulty_news import NAMES

BASE_DIR = Path(__file__).resolve().parents[2]
IS_ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")


@pytest.mark.skipif(
    IS_ON_POSTGRES and not os.environ.get("HIDAJ_NIGHT"),
    reason="the faults are those of the rules: by day one database finds them",
)
def test_each_fault_is_found_by_the_stories_of_messages() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/support/faulty_news.py"],
        cwd=BASE_DIR,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^fault (\w+): story (\d+)", done.stdout, flags=re.MULTILINE)
    print(*(f"{name}: found in story {story}" for name, story in found), sep="\n")

    assert done.returncode == 0, done.stdout[-3000:]
    assert [name for name, _story in found] == NAMES
