"""What the workers of bench/messages do. Runs where Django is set up."""

from __future__ import annotations

import datetime as dt
import logging
import time
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from bench import world
from bench.clients import Act, measure
from courses import reminders
from courses.models import CourseRun
from courses.services.applications import CourseApplicant, apply_for_place
from notifications import delivery
from notifications.models import OutboxMessage, SmsDay, State

SEATS = 25
DAY = dt.timedelta(days=1)
# More than go out in a minute of measuring.
NO_LIMIT = 10**9


def send_to(url: str) -> None:
    """Let every SMS go to the far end of the benchmark, and as many as there are."""
    settings.SMS_ROUTES = {"*": "kavenegar"}
    settings.KAVENEGAR_BASE_URL = url
    settings.KAVENEGAR_API_KEY = "bench"
    settings.HIDAJ_SMS_PER_DAY = NO_LIMIT
    logging.getLogger("notifications").setLevel(logging.WARNING)
    settings.HIDAJ_QUIET_FROM, settings.HIDAJ_QUIET_TO = "23:59", "00:00"


def enrol(people: int) -> None:
    """So many people with a place in runs that begin soon after each other."""
    runs = world.make_runs(-(-people // SEATS), SEATS)
    users = User.objects.filter(pk__in=world.make_people(people)).order_by("pk")
    for number, user in enumerate(users.select_related("person")):
        user.roles = frozenset()
        apply_for_place(
            run_id=runs[number // SEATS]["id"],
            booker=user,
            applicant=CourseApplicant(is_self=True, has_no_firm=True),
            key=uuid4(),
            now=timezone.now(),
        )


def warm_up() -> None:
    """What the first message of a process costs more, is no part of the figures."""
    sender(0)()


def plan() -> dict[str, Any]:
    """Plan the reminders of all runs, as the tick does two days before them."""
    first = CourseRun.objects.order_by("offering__starts_at").first()
    assert first is not None
    starts_at = first.offering.starts_at
    assert starts_at is not None
    before = OutboxMessage.objects.count()
    started, cpu = time.perf_counter(), time.process_time()
    reminders.plan_reminders(starts_at - 2 * DAY)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    written = OutboxMessage.objects.count() - before
    return {
        "messages": written,
        "seconds": seconds,
        "per_s": written / seconds,
        "cpu_ms": 1000 * cpu / max(1, written),
    }


def _make_due() -> None:
    """Everything waits again, as if nothing of it had been sent."""
    now = timezone.now()
    OutboxMessage.objects.filter(channel="sms").update(
        state=State.PENDING,
        due_at=now,
        next_attempt_at=now,
        lease_until=None,
        next_check_at=None,
        first_call_at=None,
        sent_at=None,
        attempts=0,
    )
    SmsDay.objects.all().delete()


def claimer(job: int) -> Act:
    """A worker that only takes."""

    def act() -> str | None:
        return "claimed" if delivery.claim(now=timezone.now()) else None

    return act


def sender(job: int) -> Act:
    """A worker that sends one message after the other."""

    def act() -> str | None:
        return "sent" if delivery.drain(now=timezone.now(), limit=1) else None

    return act


def measure_claims(workers: int, seconds: float) -> dict[str, Any]:
    """Take what is due with so many workers."""
    _make_due()
    done = measure(claimer, range(workers), seconds=seconds)
    taken = OutboxMessage.objects.filter(state=State.SENDING).count()
    assert taken == len(done.times), (taken, len(done.times))
    return _figures(done)


def measure_sending(workers: int, seconds: float) -> dict[str, Any]:
    """Send what is due with so many workers."""
    _make_due()
    done = measure(sender, range(workers), seconds=seconds)
    sent = OutboxMessage.objects.filter(state=State.ACCEPTED).count()
    assert sent == len(done.times), (sent, len(done.times))
    return _figures(done)


def _figures(done: Any) -> dict[str, Any]:
    return {
        "messages": len(done.times),
        "per_s": done.rate,
        "cpu_ms": 1000 * done.cpu_seconds / max(1, len(done.times)),
        **done.milliseconds(),
    }
