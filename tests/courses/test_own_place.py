"""What a reader has in a run: read in one question."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from accounts.models import Person, User
from accounts.services import record_consent
from booking.services.parties import release_expired_holds
from courses.models import CourseRun
from courses.own_place import read_own_place
from courses.services.enrolment import enrol, hold_place
from tests.consulting.helpers import make_booker
from tests.factories import NOW, make_run

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(minutes=16)


@pytest.fixture
def booker() -> tuple[User, Person]:
    user, person = make_booker()
    record_consent(person=person, kind="booking", given_by=user, now=NOW)
    return user, person


def test_a_hold_is_kept_then_over_then_forgotten(booker: tuple[User, Person]) -> None:
    run, (user, _person) = make_run(), booker
    hold_place(run_id=run.pk, booker=user, now=NOW)

    fresh, over = read_own_place(run, user, NOW), read_own_place(run, user, LATER)
    release_expired_holds(LATER)
    back = read_own_place(run, user, LATER)
    forgotten = read_own_place(run, user, NOW + dt.timedelta(hours=3))

    assert fresh.hold is not None
    assert fresh.held_until(NOW) == fresh.hold.held_until
    assert over.hold == fresh.hold
    assert over.held_until(LATER) is None
    assert over.was_held
    assert back.hold is None
    assert back.was_held
    assert not forgotten.was_held


def test_a_place_is_the_persons_and_a_hold_is_the_bookers(
    booker: tuple[User, Person], django_assert_num_queries: Any
) -> None:
    run, (user, person) = make_run(), booker
    nurse, _nobody = make_booker()
    place = enrol(
        run_id=run.pk, booker=user, people=[person], key=uuid.uuid4(), now=NOW
    )[0]
    hold_place(run_id=run.pk, booker=nurse, now=NOW)
    user.person = person  # type: ignore[assignment]

    with django_assert_num_queries(1):
        own = read_own_place(run, user, NOW)
    theirs = read_own_place(run, nurse, NOW)

    assert (own.standing, own.hold, own.was_held) == (place, None, False)
    assert theirs.standing is None
    assert theirs.hold is not None


def test_somebody_without_a_name_has_nothing_in_a_run() -> None:
    run: CourseRun = make_run()
    user, _person = make_booker()

    own = read_own_place(run, user, NOW)

    assert (own.standing, own.hold, own.was_held) == (None, None, False)
