"""Telling stories with one rule made faulty after the other, in a process of their own.

So nothing is patched in the tests themselves.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
# By day one database finds them: the faults are those of the rules.
IS_SPARED = os.environ.get("DATABASE_URL", "").startswith("postgres") and not (
    os.environ.get("HIDAJ_NIGHT")
)


def found_faults(stories: str) -> list[str]:
    """The names of the faults that these stories found, in the order of the file.

    `stories` is a file of tests/support. Raises AssertionError when one was not found.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, f"tests/support/{stories}"],
        cwd=BASE_DIR,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^fault (\w+): story (\d+)", done.stdout, flags=re.MULTILINE)
    print(*(f"{name}: found in story {story}" for name, story in found), sep="\n")
    assert done.returncode == 0, done.stdout[-3000:]
    return [name for name, _story in found]
