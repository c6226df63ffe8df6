"""What every test gets."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> None:
    """SQLite tests use a file: threads and other processes must see the same data."""
    default = settings.DATABASES["default"]
    if default["ENGINE"].endswith("sqlite3"):
        name = f"hidaj-test-{os.getpid()}.sqlite3"
        default["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / name)}


@pytest.fixture(autouse=True)
def outbox_dir(tmp_path: Path, settings: object) -> Path:
    """Messages of a test land in its own folder."""
    folder = tmp_path / "outbox"
    settings.OUTBOX_DIR = folder  # type: ignore[attr-defined]
    return folder
