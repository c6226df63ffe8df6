"""Which pages the demo centre has, and what they ask. Runs inside the site."""

from __future__ import annotations

import json

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consulting.models import Service
from courses.models import CourseRun, Phase

TRANSACTIONS = ("BEGIN", "COMMIT", "SET TRANSACTION", "PRAGMA", "ROLLBACK")


def show() -> None:
    """Print the address of each page (JSON)."""
    now = timezone.now()
    runs = CourseRun.objects.listed(now)
    run = next(run for run in runs if run.phase(now) == Phase.OPEN)
    service = Service.objects.active().first()
    assert service is not None
    pages = {
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
    for name, path, headers in rows:
        client = Client(HTTP_HOST="127.0.0.1", headers=headers)
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        asked = [query["sql"].strip() for query in captured.captured_queries]
        counted[name] = sum(not sql.startswith(TRANSACTIONS) for sql in asked)
    print(json.dumps(counted))
