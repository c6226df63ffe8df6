"""Which pages the demo centre has, and what they ask. Runs inside the site."""

from __future__ import annotations

import json

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from consulting.models import Service
from core.pages import memory
from core.pages.kept import shelf
from core.pages.sheets import held_mark
from courses.models import CourseRun, Phase

TRANSACTIONS = ("BEGIN", "COMMIT", "SET TRANSACTION", "PRAGMA", "ROLLBACK")


def show() -> None:
    """Print the address of each page, and the phone of a reader with places (JSON)."""
    now = timezone.now()
    runs = CourseRun.objects.listed(now)
    run = next(run for run in runs if run.phase(now) == Phase.OPEN)
    service = Service.objects.active().first()
    assert service is not None
    reader = User.objects.filter(person__reservations__state="confirmed").earliest("pk")
    pages = {
        "reader": reader.phone,
        "sheets": held_mark(),
        "home": "/",
        "run": f"/runs/{run.code}/",
        "course": f"/courses/{run.course.slug}/",
        "consulting": "/consulting/",
        "slots": f"/consulting/{service.slug}/",
        "help": "/help/",
        "bookings": "/bookings/",
        "booking form": f"/runs/{run.code}/book/",
    }
    print(json.dumps(pages))


def count(rows: list[tuple[str, str, dict[str, str]]]) -> None:
    """Print how many statements each page asks when it is opened again (JSON)."""
    counted = {}
    # The empty pages of the ceilings are not the site's.
    rows = [row for row in rows if not row[0].startswith("ceiling")]
    for name, path, headers in rows:
        client = Client(HTTP_HOST="127.0.0.1", headers=headers)
        client.get(path)
        if not name.startswith("kept"):
            shelf.clear()
        if name.startswith("texts too"):
            memory.forget()
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        asked = [(query["sql"] or "").strip() for query in captured.captured_queries]
        counted[name] = sum(not sql.startswith(TRANSACTIONS) for sql in asked)
    print(json.dumps(counted))
