from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import Role, User
from accounts.services import grant_role
from booking.exceptions import ReasonNeeded
from booking.models import Reservation, StatusChange
from consulting.exceptions import ConsultingError
from consulting.services.endings import complete_unmarked, mark_came
from tests.consulting.helpers import at, book_one, kinds_to, violations
from tests.factories import NOW, make_consultant, make_service, make_user

pytestmark = pytest.mark.django_db

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def consultant() -> User:
    return make_user()


@pytest.fixture
def booked(consultant: User) -> Reservation:
    service = make_service(consultants=[make_consultant(user=consultant)])
    return book_one(service, at(9))


def test_consultant_says_who_came_and_mends_it_the_same_day(
    booked: Reservation, consultant: User
) -> None:
    fields = {"reservation_id": booked.pk, "by": consultant}

    missed = mark_came(came=False, now=at(9), **fields)
    mended = mark_came(came=True, now=at(10), **fields)
    again = mark_came(came=True, now=at(10), **fields)

    assert (missed.state, mended.state, again.state) == (
        "no_show",
        "completed",
        "completed",
    )
    assert kinds_to(booked.person.contact_phone)[-2:] == [  # type: ignore[union-attr]
        "appointment_no_show",
        "appointment_no_show_lifted",
    ]
    assert violations() == []


def test_nobody_says_it_before_the_start_or_too_late(
    booked: Reservation, consultant: User
) -> None:
    fields = {"reservation_id": booked.pk, "came": True, "by": consultant}

    with pytest.raises(ConsultingError) as early:
        mark_came(now=at(8, 59), **fields)
    with pytest.raises(ConsultingError) as late:
        mark_came(now=at(9) + 2 * DAY, **fields)

    assert (early.value.code, late.value.code) == ("too_early", "too_late")


def test_another_consultant_says_nothing(booked: Reservation) -> None:
    with pytest.raises(ConsultingError) as refused:
        mark_came(reservation_id=booked.pk, came=True, by=make_user(), now=at(10))

    assert refused.value.code == "not_yours"


def test_staff_mend_later_with_a_reason(booked: Reservation) -> None:
    staff = make_user()
    grant_role(user=staff, role=Role.RECEPTION, now=NOW)
    fields = {"reservation_id": booked.pk, "by": staff, "now": at(9) + 9 * DAY}
    mark_came(came=False, **fields)

    with pytest.raises(ReasonNeeded):
        mark_came(came=True, **fields)
    mended = mark_came(came=True, reason="اشتباه بود", **fields)

    assert mended.state == "completed"


def test_what_nobody_says_is_completed_by_the_tick(booked: Reservation) -> None:
    over = at(10)

    early = complete_unmarked(over + 3 * DAY - dt.timedelta(seconds=1))
    late = [complete_unmarked(over + 3 * DAY) for _ in range(2)]

    booked.refresh_from_db()
    change = StatusChange.objects.get(reservation=booked, to_state="completed")
    assert (early, late) == (0, [1, 0])
    assert (change.by, change.reason) == (None, "unmarked")
    assert booked.end_words != "unmarked"
    assert violations() == []
