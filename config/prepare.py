"""Bring an installation up to date: translations, styles, static files, database.

`python -m config.prepare` does all of it, `python -m config.prepare build` only what
needs no database. Steps whose input has not changed are left out.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import django
import polib
from django.conf import settings
from django.core.management import call_command

from config.stylesheets import build_styles

BASE_DIR = Path(__file__).resolve().parent.parent


def main() -> None:
    """Build, and unless the argument is `build`, prepare the database too."""
    compile_translations()
    build_styles(BASE_DIR)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    collect_static()
    if sys.argv[1:] != ["build"]:
        prepare_database()


def compile_translations() -> None:
    """Write a .mo beside each catalogue that is newer; no gettext tool is needed."""
    for source in sorted((BASE_DIR / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(target))


def collect_static() -> None:
    """Collect, name by content and compress the static files, when any changed."""
    stamp = settings.VAR_DIR / "static.stamp"
    wanted = _fingerprint(BASE_DIR.glob("static/**/*"))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", "--no-input", "--clear", verbosity=0)
    stamp.write_text(wanted)


def prepare_database() -> None:
    """Migrate, make the cache table and load the demo centre (not in production)."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", "--no-input", verbosity=0)
    call_command("createcachetable", verbosity=0)
    if not settings.PRODUCTION:
        call_command("seed_demo")


def _fingerprint(paths: Iterable[Path]) -> str:
    versions = [metadata.version(name) for name in ("Django", "whitenoise")]
    files = [
        f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}"
        for path in sorted(paths)
        if path.is_file()
    ]
    return hashlib.sha256("\n".join(versions + files).encode()).hexdigest()


if __name__ == "__main__":
    main()
