from __future__ import annotations

import datetime as dt

import pytest
from django.utils.translation import override

from booking.line import entry_of, own_line, read_line, sentences
from booking.models import Offering
from booking.services import waiting
from tests.booking.test_waiting import HOUR, cancel, full_offering, join
from tests.factories import NOW, make_person

pytestmark = pytest.mark.django_db

# NOW is 10:00 in Tehran.
NIGHT = NOW + 12 * HOUR


def said(offering: Offering, now: dt.datetime = NOW) -> str:
    offering.refresh_from_db()
    with override("en"):
        return " ".join(sentences(read_line(offering, now)))


def test_full_line_waits_for_somebody_who_gives_back() -> None:
    offering, _ = full_offering()
    entry = join(offering)

    assert "Every place is taken" in said(offering)
    with override("en"):
        assert own_line(entry_of(entry.party), NOW)[0] == "You are the next in line."


def test_place_on_offer_is_said_with_its_deadline() -> None:
    offering, (reservation,) = full_offering()
    first, second, third = join(offering), join(offering), join(offering)
    cancel(reservation)

    with override("en"):
        own = own_line(entry_of(third.party), NOW)
        assert own_line(entry_of(first.party), NOW) == []

    assert own[0] == "You are number 2 in line."
    assert "offered to somebody before, until Mon 23 November" in own[1]
    assert "20:30" in own[1]
    assert waiting.place_in_line(second) == 1


def test_night_is_said_only_while_a_clock_runs() -> None:
    offering, (reservation,) = full_offering()
    join(offering)

    assert "At night" not in said(offering, NIGHT)
    cancel(reservation, NIGHT)
    assert "At night the clock stands still, until 08:00." in said(offering, NIGHT)
    assert "At night" not in said(offering, NIGHT + 12 * HOUR)


def test_place_that_waits_for_a_larger_party_is_said() -> None:
    offering, reservations = full_offering(2)
    join(offering, make_person(), make_person())
    cancel(reservations[0])

    words = said(offering)

    assert "One place is free, but the next party in line needs 2." in words
    assert "What is free waits for it until Mon 23 November" in words
    assert "What is free" not in said(offering, offering.line_moves_at)


def test_last_hours_before_the_start_are_said() -> None:
    offering, _ = full_offering()
    join(offering)

    words = said(offering, offering.starts_at - 2 * HOUR)

    assert words.startswith("No more offers are made now, because it starts at 10:00")
    assert "has begun" in said(offering, offering.starts_at)
