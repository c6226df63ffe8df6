from __future__ import annotations

import itertools

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from notifications.exceptions import IllegalTransition
from notifications.models import OutboxMessage, State
from notifications.transitions import TRANSITIONS, end_pending, move, require
from tests.factories import NOW
from tests.notifications.conftest import HOUR, Owner, enqueue, state_of

pytestmark = pytest.mark.django_db

ALLOWED = {
    ("pending", "sending"),
    ("pending", "superseded"),
    ("pending", "cancelled"),
    ("pending", "expired"),
    ("pending", "suppressed"),
    ("sending", "accepted"),
    ("sending", "failed"),
    ("sending", "pending"),
    ("sending", "unknown"),
    ("accepted", "delivered"),
    ("accepted", "undelivered"),
    ("unknown", "accepted"),
    ("unknown", "delivered"),
    ("unknown", "undelivered"),
    ("unknown", "failed"),
    ("unknown", "pending"),
}


def test_table_holds_exactly_the_life_of_a_message() -> None:
    table = {(old.value, new.value) for old in TRANSITIONS for new in TRANSITIONS[old]}

    assert table == ALLOWED


@pytest.mark.parametrize(("old", "new"), [*itertools.product(State.values, repeat=2)])
def test_require_raises_outside_the_table(old: str, new: str) -> None:
    if (old, new) in ALLOWED:
        require(old, new)
        return
    with pytest.raises(IllegalTransition):
        require(old, new)


def test_move_changes_only_rows_in_the_old_state(owner: Owner) -> None:
    message = enqueue()
    rows = OutboxMessage.objects.filter(pk=message.pk)
    move(rows, old="pending", new="cancelled")

    moved = move(rows, old="pending", new="expired")

    assert moved == 0
    assert state_of(message) == State.CANCELLED


def test_end_blanks_sealed_values(owner: Owner) -> None:
    message = enqueue("test_code", sealed={"code": "482913"})

    move(OutboxMessage.objects.all(), old="pending", new="expired")

    message.refresh_from_db()
    assert message.variables is None


def test_a_message_that_may_be_out_does_not_end_as_unsent(owner: Owner) -> None:
    message = enqueue()
    rows = OutboxMessage.objects.filter(pk=message.pk)
    rows.update(first_call_at=NOW)

    ended = end_pending(rows, new=State.CANCELLED)

    assert ended == 1
    assert state_of(message) == State.UNKNOWN


@pytest.mark.parametrize(
    "change",
    [
        {"state": "lost"},
        {"state": "sending"},
        {"lease_until": NOW + HOUR},
        {"recipient": ""},
        {"local_id": 0},
        {"urgency": 9},
        {"urgency": 0, "text": "کد ورود: 482913"},
        {"channel": "fax"},
    ],
    ids=lambda change: "-".join(change),
)
def test_database_refuses(owner: Owner, change: dict[str, object]) -> None:
    message = enqueue()

    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxMessage.objects.filter(pk=message.pk).update(**change)


def test_database_refuses_ended_rows_with_sealed_values(owner: Owner) -> None:
    message = enqueue("test_code", sealed={"code": "482913"})
    rows = OutboxMessage.objects.filter(pk=message.pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(state=State.EXPIRED, attempts=F("attempts"))
