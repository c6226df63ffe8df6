from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction

from notifications import services
from notifications.exceptions import NotificationsError
from notifications.models import OutboxMessage, State, Urgency
from tests.factories import NOW
from tests.notifications.conftest import (
    HOUR,
    PHONE,
    Owner,
    enqueue,
    sent_sms,
    state_of,
)

pytestmark = pytest.mark.django_db

NIGHT = dt.datetime(2026, 11, 22, 19, 30, tzinfo=dt.UTC)  # 23:00 in Tehran
MORNING = dt.datetime(2026, 11, 23, 4, 30, tzinfo=dt.UTC)  # 08:00 in Tehran


def test_enqueue_is_idempotent_by_dedupe_key(owner: Owner) -> None:
    first = enqueue()

    second = enqueue(recipient="+989990000002")

    assert second.pk == first.pk
    assert OutboxMessage.objects.get().recipient == PHONE


@pytest.mark.django_db(transaction=True)
def test_enqueue_refuses_to_work_outside_a_transaction(owner: Owner) -> None:
    with pytest.raises(RuntimeError):
        services.enqueue(
            kind="test_normal",
            subject_kind="thing",
            subject_id=7,
            recipient=PHONE,
            language="fa",
            dedupe_key="x",
            due_at=NOW,
            expires_at=None,
            now=NOW,
        )


def test_enqueue_disappears_with_its_transaction(owner: Owner) -> None:
    with transaction.atomic():
        enqueue()
        transaction.set_rollback(True)

    assert not OutboxMessage.objects.exists()


def test_enqueue_refuses_unknown_kinds_and_empty_recipients(owner: Owner) -> None:
    with pytest.raises(LookupError):
        enqueue("nobody_registered_this")
    with pytest.raises(ValueError, match="recipient"):
        enqueue(recipient="")


def test_local_ids_are_random_positive_and_not_primary_keys(owner: Owner) -> None:
    messages = [enqueue(dedupe_key=f"key:{n}") for n in range(20)]

    ids = {message.local_id for message in messages}

    assert len(ids) == 20
    assert min(ids) > 10**6
    assert ids.isdisjoint(message.pk for message in messages)


def test_sealed_values_are_not_readable_in_the_database(owner: Owner) -> None:
    enqueue("test_code", sealed={"code": "482913"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT variables FROM notifications_outboxmessage")
        stored = cursor.fetchone()[0]

    assert stored
    assert "482913" not in stored


@pytest.mark.parametrize(
    ("kind", "concerns_in_hours", "due_at"),
    [
        ("test_code", None, NIGHT),
        ("test_now", None, NIGHT),
        ("test_normal", None, MORNING),
        ("test_reminder", None, MORNING),
        ("test_change", None, NIGHT),
        ("test_change", 9, NIGHT),
        ("test_change", 24, MORNING),
    ],
)
def test_night_holds_what_can_wait(
    owner: Owner, kind: str, concerns_in_hours: int | None, due_at: dt.datetime
) -> None:
    concerns_at = None
    if concerns_in_hours is not None:
        concerns_at = NIGHT + concerns_in_hours * HOUR

    message = enqueue(
        kind, now=NIGHT, expires_at=NIGHT + 48 * HOUR, concerns_at=concerns_at
    )

    assert message.due_at == due_at
    assert message.next_attempt_at == due_at


def test_supersede_ends_waiting_messages_of_the_subject(owner: Owner) -> None:
    mine = enqueue(dedupe_key="a")
    reminder = enqueue("test_reminder", dedupe_key="b")
    other = enqueue(dedupe_key="c", subject_id=8)

    ended = services.supersede(
        subject_kind="thing", subject_id=7, kinds=["test_normal"], now=NOW
    )

    assert ended == 1
    assert state_of(mine) == State.SUPERSEDED
    assert state_of(reminder) == State.PENDING
    assert state_of(other) == State.PENDING


def test_supersede_can_cancel_everything_and_leaves_what_is_sent(owner: Owner) -> None:
    sent = enqueue(dedupe_key="a")
    services.drain(now=NOW, limit=1)
    waiting = enqueue(dedupe_key="b")

    services.supersede(subject_kind="thing", subject_id=7, state="cancelled", now=NOW)

    assert state_of(sent) == State.ACCEPTED
    assert state_of(waiting) == State.CANCELLED


def test_resend_writes_a_new_message_with_present_values(owner: Owner) -> None:
    message = enqueue()
    services.drain(now=NOW)
    owner.values = {"course": "پستایی"}

    again = services.resend(message=message, now=NOW + HOUR / 2)
    services.drain(now=NOW + HOUR / 2)

    assert again.pk != message.pk
    assert again.dedupe_key == "test_normal:7:1:again:1"
    assert ["الگوسازی" in sms["text"] for sms in sent_sms()] == [True, False]


def test_resend_while_one_is_waiting_gives_that_one(owner: Owner) -> None:
    message = enqueue()
    services.drain(now=NOW)

    first = services.resend(message=message, now=NOW)
    second = services.resend(message=message, now=NOW)

    assert first.pk == second.pk


def test_resend_stops_after_three(owner: Owner) -> None:
    message = enqueue()
    services.drain(now=NOW)
    for _ in range(3):
        services.resend(message=message, now=NOW)
        services.drain(now=NOW)

    with pytest.raises(NotificationsError) as caught:
        services.resend(message=message, now=NOW)

    assert caught.value.code == "too_many_resends"
    assert len(sent_sms()) == 4


def test_resend_refuses_codes_and_what_is_out_of_date(owner: Owner) -> None:
    code = enqueue("test_code", sealed={"code": "482913"})
    old = enqueue()

    with pytest.raises(NotificationsError) as of_code:
        services.resend(message=code, now=NOW)
    with pytest.raises(NotificationsError) as of_old:
        services.resend(message=old, now=NOW + 2 * HOUR)

    assert (of_code.value.code, of_old.value.code) == ("code", "out_of_date")


def test_urgency_is_stored_as_an_order(owner: Owner) -> None:
    message = enqueue("test_change", concerns_at=NOW + 200 * HOUR)

    assert message.urgency == Urgency.CHANGE
