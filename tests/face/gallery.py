"""`make gallery`: every page in every variant as a picture, to be looked at.

python -m tests.face.gallery [--only fa-360-light …] [part of a page's name …]

Writes var/gallery/<language>-<width>-<light|dark>/<page>.png for the pages of the table
of addresses (tests/access_table.py), shown on the demo centre with one of everything
besides. A picture that cannot be
made is named at the end, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.access_world import World
    from tests.face.pages import Sheet

BASE_DIR = Path(__file__).resolve().parents[2]
FOLDER = BASE_DIR / "var" / "gallery"
VARIANTS = [
    f"{language}-{width}-{colours}"
    for language, width, colours in product(
        ("fa", "en"), ("360", "1280"), ("light", "dark")
    )
]


def main() -> None:
    """Draw the pages that the arguments name, or all."""
    parser = argparse.ArgumentParser(prog="make gallery")
    parser.add_argument("--only", nargs="+", default=VARIANTS, choices=VARIANTS)
    parser.add_argument("names", nargs="*", default=[""])
    options = parser.parse_args()
    _set_up()
    from playwright.sync_api import sync_playwright

    from tests.support import browser as chromium

    # Playwright first: its loop decides which of Django's connections this thread has.
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        failed = _draw(browser, options.names, options.only)
        browser.close()
    print(f"Pictures are in {FOLDER.relative_to(BASE_DIR)}/")
    sys.exit("\n".join(failed) if failed else 0)


def _set_up() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/gallery.sqlite3"
    os.environ["ENV_FILE"] = os.devnull
    # Playwright keeps an event loop in this thread; the ORM does not mind.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()
    from django.conf import settings

    # As the test runner does: the test client asks a host of its own.
    settings.ALLOWED_HOSTS = ["testserver"]


def _draw(browser: Browser, names: list[str], variants: list[str]) -> list[str]:
    """Make the pictures; gives a sentence for each that could not be made."""
    from django.core.management import call_command
    from django.db import transaction

    from tests.face.pages import sheets

    chosen = [sheet for sheet in sheets() if any(name in sheet.name for name in names)]
    call_command("migrate", "--no-input", verbosity=0)
    call_command("createcachetable", verbosity=0)
    failed: list[str] = []
    # Never committed: the next gallery starts from the same empty centre.
    with transaction.atomic():
        world = _world()
        for variant in variants:
            page = browser.new_context().new_page()
            failed += _draw_variant(page, world, chosen, variant)
            page.context.close()
        transaction.set_rollback(True)
    return failed


def _world() -> World:
    """The demo centre, and one of everything that the addresses name."""
    import time_machine

    from desk.demo.seed import seed
    from tests.access_world import make_world
    from tests.factories import NOW

    with time_machine.travel(NOW, tick=False):
        seed(now=NOW)
        return make_world()


def _draw_variant(
    page: Page, world: World, chosen: list[Sheet], variant: str
) -> list[str]:
    from tests.face.viewer import Viewer

    language, width, colours = variant.split("-")
    viewer, failed = Viewer(page, world), []
    page.set_default_timeout(60_000)
    viewer.resize(int(width))
    viewer.darken(dark=colours == "dark")
    for sheet in chosen:
        path = FOLDER / variant / f"{sheet.name}.png"
        try:
            viewer.show(sheet, language=language)
            page.screenshot(path=path, full_page=True, caret="initial")
        except Exception as error:  # noqa: BLE001 - the others are still wanted
            failed.append(f"{variant} {sheet.name}: {error}")
    return failed


if __name__ == "__main__":
    main()
