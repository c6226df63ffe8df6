from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core import mail

from booking.models import Reservation
from booking.services.parties import cancel_reservation
from courses.models import CourseRun
from courses.services.enrolment import enrol
from courses.services.runs import cancel_run
from courses.services.schedule import cancel_class_session, move_class_session
from notifications.models import OutboxMessage
from notifications.services import drain
from tests.courses.helpers import new_key
from tests.factories import NOW, make_course, make_person, make_run, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def run() -> CourseRun:
    return make_run(course=make_course(title_fa="الگوسازی دستی", title_en="Patterns"))


def book(run: CourseRun, **person: object) -> Reservation:
    booker = make_user()
    learner = make_person(user=booker, contact_phone=booker.phone, **person)
    return enrol(
        run_id=run.pk, booker=booker, people=[learner], key=new_key(), now=NOW
    )[0]


def sent(phone: str) -> list[str]:
    drain(now=NOW, limit=100)
    path = Path(settings.OUTBOX_DIR) / "sms.jsonl"
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows if row["to"] == phone]


def move_first(run: CourseRun, day: int) -> None:
    move_class_session(
        session_id=run.sessions.get(number=1).pk,
        on=dt.date(2026, 12, day),
        start=dt.time(9),
        end=dt.time(13),
        by=None,
        now=NOW,
    )


def test_confirmation_says_what_when_where(run: CourseRun) -> None:
    reservation = book(run)

    (text,) = sent(reservation.person.contact_phone)

    assert "«الگوسازی دستی» ثبت شد" in text
    assert "شنبه ۷ آذر ۱۶:۰۰" in text
    assert "مرکز کفش هیدج" in text


def test_confirmation_in_english_and_by_mail_with_its_calendar(run: CourseRun) -> None:
    reservation = book(run, language="en", email="a@kafsh.example")

    (text,) = sent(reservation.person.contact_phone)

    assert "Patterns: booked." in text
    assert "Sat 28 November" in text
    (letter,) = mail.outbox
    assert letter.to == ["a@kafsh.example"]
    assert "Sat 28 November, 16:00 to 20:00" in letter.body
    parts = [part.get_payload(decode=True) or b"" for part in letter.message().walk()]
    assert any(b"METHOD:PUBLISH" in part for part in parts)


def test_moved_class_tells_old_and_new_time_once(run: CourseRun) -> None:
    reservation = book(run)
    sent(reservation.person.contact_phone)
    move_first(run, 1)
    move_first(run, 2)

    texts = sent(reservation.person.contact_phone)[1:]

    # The first move was overtaken before it was sent.
    assert len(texts) == 1
    assert "تازه: چهارشنبه ۱۱ آذر ۰۹:۰۰" in texts[0]


def test_cancelled_class_gives_its_reason(run: CourseRun) -> None:
    reservation = book(run)
    cancel_class_session(
        session_id=run.sessions.get(number=1).pk, by=None, reason="برف", now=NOW
    )

    text = sent(reservation.person.contact_phone)[-1]

    assert "شنبه ۷ آذر" in text
    assert "(برف)" in text


def test_cancelled_run_gives_its_reason_and_drops_what_is_old(run: CourseRun) -> None:
    reservation = book(run)
    cancel_run(run_id=run.pk, by=None, reason="به حد نصاب نرسید", now=NOW)

    texts = sent(reservation.person.contact_phone)

    assert len(texts) == 1
    assert "به حد نصاب نرسید" in texts[0]


def test_confirmation_is_dropped_when_the_place_is_gone(run: CourseRun) -> None:
    reservation = book(run)
    cancel_reservation(
        reservation_id=reservation.pk, by=reservation.party.booked_by, now=NOW
    )

    texts = sent(reservation.person.contact_phone)

    assert len(texts) == 1
    assert "لغو شد" in texts[0]
    states = OutboxMessage.objects.order_by("pk").values_list("kind", "state")
    assert next(iter(states)) == ("enrolment_confirmed", "cancelled")
