"""An outbox of some years, and the tick over it. Runs where Django is set up."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench.plans import plans_of
from core.registry import registry
from notifications import delivery, kinds
from notifications.kinds import MessageKind
from notifications.models import OutboxMessage, State, Urgency

KIND = "bench_news"
DUE_AT_MOST, SECONDS_LEFT = 10_000, 300.0
TABLE = OutboxMessage._meta.db_table
# Rows of the past are copies of so many patterns.
PATTERNS = 1000
AGE_DAYS = 730
# Steps of the tick that read or write messages.
STEPS = (
    "outbox.sweep",
    "outbox.drain",
    "outbox.reports",
    "sms.ladder",
    "courses.reminders",
    "consulting.reminders",
    "courses.invitations",
    "desk.day_sheets",
)
# Of a hundred patterns of the past: the rest was delivered.
ENDS = {
    **dict.fromkeys((3, 47), State.UNDELIVERED),
    **dict.fromkeys((9,), State.FAILED),
    **dict.fromkeys((17, 71), State.SUPERSEDED),
    **dict.fromkeys((29,), State.CANCELLED),
    **dict.fromkeys((53,), State.EXPIRED),
    **dict.fromkeys((83, 85), State.ACCEPTED),
}
# Written anew in a copy, so that no two rows share them.
FRESH = {
    "dedupe_key": "t.dedupe_key || ':' || n.i",
    "local_id": "t.local_id + n.i * 1000003",
    "recipient": "'+9891' || CAST(20000000 + (t.id * 7919 + n.i) %% 20000 AS text)",
    "subject_id": "t.subject_id + n.i * 1000",
    "gateway_id": "CAST(t.local_id + n.i * 1000003 AS text)",
}


def _register() -> None:
    kinds.register(
        MessageKind(
            name=KIND,
            purpose="transactional",
            urgency="now",
            variables=(),
            values=kinds.no_values,
            still_wanted=kinds.always_wanted,
            sample={},
            sms={"fa": "هیدج: کلاس فردای شما سر وقت است.", "en": "Hidaj: as planned."},
        )
    )


def fill(rows: int, due: int) -> None:
    """Leave an outbox of so many rows, of which so many are due."""
    _register()
    OutboxMessage.objects.all().delete()
    now = timezone.now()
    patterns = min(PATTERNS, rows // 3)
    copies = rows // patterns - 1
    with transaction.atomic():
        _take_time()
        OutboxMessage.objects.bulk_create(_past(n, now) for n in range(patterns))
        _copy(copies)
        OutboxMessage.objects.bulk_create(_coming(n, now) for n in range(due * 2))
        # Only the first half of them is due now.
        late = OutboxMessage.objects.filter(dedupe_key__startswith="coming:late")
        late.update(next_attempt_at=now + dt.timedelta(hours=20))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _take_time() -> None:
    """A statement of this transaction may last longer than one of the site."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")


def _past(number: int, now: dt.datetime) -> OutboxMessage:
    """One of a time long ago, which has come to its end."""
    at = now - dt.timedelta(days=2 + AGE_DAYS * number / PATTERNS)
    state = ENDS.get(number % 100, State.DELIVERED)
    is_sent = state in (State.ACCEPTED, State.DELIVERED, State.UNDELIVERED)
    has_climbed = state in (State.FAILED, State.UNDELIVERED)
    return OutboxMessage(
        kind=KIND,
        channel="sms",
        recipient="+989990000001",
        language="fa",
        subject_kind="bench",
        subject_id=number,
        dedupe_key=f"past:{number}",
        urgency=Urgency.NOW,
        due_at=at,
        next_attempt_at=at,
        expires_at=at + dt.timedelta(hours=6),
        created_at=at,
        state=state,
        first_call_at=at if is_sent else None,
        sent_at=at if is_sent else None,
        climbed_at=at if has_climbed else None,
        gateway="kavenegar",
        text="هیدج: کلاس فردای شما سر وقت است.",
        parts=1,
        cost=1200,
    )


def _coming(number: int, now: dt.datetime) -> OutboxMessage:
    message = _past(number, now)
    message.dedupe_key = f"coming:{'late' if number % 2 else 'due'}:{number}"
    message.recipient = f"+98935{1000000 + number}"
    message.due_at = message.next_attempt_at = message.created_at = now
    message.expires_at = now + dt.timedelta(days=2)
    message.state, message.gateway, message.text = State.PENDING, "", ""
    message.first_call_at = message.sent_at = message.climbed_at = None
    message.parts, message.cost = 0, None
    return message


def _copy(copies: int) -> None:
    """Multiply the patterns in the database itself."""
    columns = [f.column for f in OutboxMessage._meta.concrete_fields if f.name != "id"]
    values = ", ".join(FRESH.get(column, f"t.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            f" WHERE i < %s) INSERT INTO {TABLE} ({', '.join(columns)})"
            f" SELECT {values} FROM {TABLE} t, n",
            [copies],
        )


def tick() -> dict[str, dict[str, Any]]:
    """One tick: what each step about messages did, and how the database answered.

    A second round, when nothing is due any more, is what nearly every tick costs.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in STEPS:
        found[name] = _step(name)
    # What the twenty seconds of that step did not hold.
    delivery.drain(now=timezone.now(), limit=DUE_AT_MOST, seconds=SECONDS_LEFT)
    for name in STEPS:
        found[f"{name} (idle)"] = _step(name)
    return found


def _step(name: str) -> dict[str, Any]:
    with plans_of(TABLE) as plans:
        started, cpu = time.perf_counter(), time.process_time()
        done = registry.tick_steps[name].run(timezone.now())
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    return {
        "done": done,
        "ms": 1000 * seconds,
        "cpu_ms": 1000 * cpu_seconds,
        "queries": len(plans.queries),
        "table_scans": len(plans.scans()),
        "indexes": ", ".join(plans.indexes()) or "-",
    }
