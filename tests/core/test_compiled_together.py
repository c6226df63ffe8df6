"""Several statements of `core.compiled` in one trip to the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from booking.models import Offering
from core.compiled import (
    KEY,
    Given,
    Select,
    Update,
    asked_ahead,
    write_together,
)

pytestmark = pytest.mark.django_db

IS_ON_POSTGRES = connection.vendor == "postgresql"
CAPACITY = Select(
    lambda: Offering.objects.filter(pk=Given("offering", KEY)).values_list(
        "capacity", flat=True
    )
)
KINDS = Select(
    lambda: Offering.objects.filter(capacity__gte=Given("least", KEY)).values_list(
        "kind", flat=True
    )
)
GROW = Update(
    lambda: Offering.objects.filter(pk=Given("offering", KEY)),
    capacity=F("capacity") + Given("places", KEY),
)
TAKE = Update(
    lambda: Offering.objects.filter(pk=Given("offering", KEY)),
    seats_taken=F("seats_taken") + Given("places", KEY),
)


@pytest.fixture
def offering() -> Offering:
    return Offering.objects.create(kind="course_run", capacity=3, is_open=True)


def test_answers_asked_ahead_are_those_of_the_questions(offering: Offering) -> None:
    with asked_ahead(
        CAPACITY.asking(offering=offering.pk),
        CAPACITY.asking(offering=0),
        KINDS.asking(least=2),
    ):
        with CaptureQueriesContext(connection) as captured:
            assert CAPACITY(offering=0) == []
            assert KINDS(least=2) == ["course_run"]
            assert CAPACITY.get(offering=offering.pk) == 3
        assert len(captured) == (0 if IS_ON_POSTGRES else 3)


def test_an_answer_is_given_once_and_to_its_own_question(offering: Offering) -> None:
    with asked_ahead(CAPACITY.asking(offering=offering.pk)):
        assert CAPACITY(offering=offering.pk) == [3]
        GROW(offering=offering.pk, places=2)
        assert CAPACITY(offering=offering.pk) == [5]
    with asked_ahead(CAPACITY.asking(offering=0)):
        assert CAPACITY(offering=offering.pk) == [5]
        with asked_ahead():
            assert CAPACITY(offering=0) == []


def test_nothing_asked_ahead_outlives_its_block(offering: Offering) -> None:
    with asked_ahead(CAPACITY.asking(offering=offering.pk)):
        GROW(offering=offering.pk, places=1)
    assert CAPACITY(offering=offering.pk) == [4]


def test_changes_are_written_together_and_the_last_one_counts(
    offering: Offering, django_assert_num_queries: Any
) -> None:
    other = Offering.objects.create(kind="course_run", capacity=3, is_open=True)
    # The places are there only because the offering grew before.
    with django_assert_num_queries(2 if IS_ON_POSTGRES else 3):
        changed = write_together(
            GROW.writing(offering=offering.pk, places=2),
            GROW.writing(offering=other.pk, places=4),
            TAKE.writing(offering=offering.pk, places=5),
        )

    assert changed == 1
    assert write_together(GROW.writing(offering=0, places=2)) == 0
    offering.refresh_from_db()
    other.refresh_from_db()
    assert (offering.capacity, offering.seats_taken) == (5, 5)
    assert (other.capacity, other.seats_taken) == (7, 0)


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_change_that_fails_spoils_what_was_written_with_it(
    offering: Offering, failing: int
) -> None:
    others = [
        Offering.objects.create(kind="course_run", capacity=3, is_open=True)
        for _number in range(3)
    ]
    changes = [GROW.writing(offering=other.pk, places=1) for other in others]
    changes[failing] = TAKE.writing(offering=offering.pk, places=9)

    with pytest.raises(IntegrityError), transaction.atomic():
        write_together(*changes)

    assert {o.capacity for o in Offering.objects.all()} == {3}
    assert CAPACITY(offering=offering.pk) == [3]


def test_a_failure_inside_a_caught_block_leaves_the_transaction_usable(
    offering: Offering,
) -> None:
    GROW(offering=offering.pk, places=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        write_together(TAKE.writing(offering=offering.pk, places=9))

    assert CAPACITY(offering=offering.pk) == [4]
