"""The centre moves an hour while somebody has its form open: nobody gets it unseen."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.applicants import Applicant
from accounts.models import Person, User
from booking.models import Party, Reservation, ReservationState
from consulting.addresses import write_moment
from consulting.exceptions import TimeMoved
from consulting.models import Meeting, Service
from consulting.services.applications import Wish, apply_for_appointment
from consulting.services.appointments import confirm_appointment, hold_slot
from consulting.services.catalogue import Question
from consulting.services.meetings import move_meeting
from tests.consulting.helpers import at, book_one, make_booker, meeting_of, violations
from tests.consulting.races import at_once
from tests.factories import NOW, make_service
from tests.signing import sign_in

ROUNDS = 40 if os.environ.get("HIDAJ_NIGHT") else 3


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def group(**overrides: object) -> tuple[Service, Meeting]:
    """An hour at 10:00 with places for three, one of them taken."""
    service = make_service(
        slug=f"fit-{uuid.uuid4().hex[:6]}", group_size=3, **overrides
    )
    return service, meeting_of(book_one(service, at(10)))


def hold(service: Service, user: User) -> Party:
    return hold_slot(
        service_id=service.pk,
        mode="phone",
        consultant_id=None,
        starts_at=at(10),
        booker=user,
        now=NOW,
    )


def move(meeting: Meeting) -> Meeting:
    return move_meeting(
        meeting_id=meeting.pk,
        starts_at=at(9),
        consultant_id=None,
        by=None,
        now=NOW,
        reason="تعمیر دستگاه",
    )


def send(service: Service, user: User, person: Person) -> Reservation:
    """The form as it was opened, for 10:00."""
    return apply_for_appointment(
        wish=Wish(service.pk, "phone", None, at(10)),
        booker=user,
        applicant=Applicant(is_self=True, own_name=person.name, gives_consent=True),
        answers={},
        key=uuid.uuid4(),
        now=NOW,
    )


@pytest.mark.django_db
def test_form_says_that_the_hour_moved_and_asks_again(client: Client) -> None:
    service, meeting = group(questions=[Question("نوع کفش", "Kind of shoe")])
    user, _person = make_booker()
    sign_in(client, user)
    party = hold(service, user)
    path = f"/consulting/{service.slug}/book/?mode=phone&at={write_moment(at(10))}"
    typed = {f"q{service.questions.get().pk}": "کتانی", "who": "me", "consent": "on"}
    move(meeting)

    shown = client.get(path).content.decode()
    sent = client.post(path, {**typed, "key": uuid.uuid4()})
    held = party.reservations.get().state
    client.post(path, {**typed, "key": uuid.uuid4(), "at": write_moment(at(9))})

    assert "مرکز این ساعت را" in shown
    assert write_moment(at(9)) in shown
    assert sent.context["form"].errors["at"]
    assert len(sent.context["form"].others) > 1
    assert "کتانی" in sent.content.decode()
    assert held == ReservationState.HELD
    booked = party.reservations.get()
    assert (booked.state, meeting_of(booked).starts_at) == ("confirmed", at(9))
    assert violations() == []


@pytest.mark.django_db
def test_held_hour_is_confirmed_only_where_it_was_shown() -> None:
    service, meeting = group()
    user, person = make_booker()
    party = hold(service, user)
    move(meeting)

    def confirm(shown_at: dt.datetime) -> Reservation:
        return confirm_appointment(
            party_id=party.pk,
            booker=user,
            person=person,
            answers={},
            key=uuid.uuid4(),
            now=NOW,
            shown_at=shown_at,
        )

    with pytest.raises(TimeMoved) as refused:
        confirm(at(10))
    booked = confirm(at(9))

    assert refused.value.moved_to.starts_at == at(9)
    assert booked.state == ReservationState.CONFIRMED


@pytest.mark.django_db(transaction=True)
def test_moving_and_sending_the_form_at_once() -> None:
    for _round in range(ROUNDS):
        service, meeting = group()
        user, person = make_booker()
        hold(service, user)

        def act(
            what: str,
            meeting: Meeting = meeting,
            service: Service = service,
            who: tuple[User, Person] = (user, person),
        ) -> object:
            return move(meeting) if what == "move" else send(service, *who)

        moved, sent = at_once(act, ["move", "send"])

        assert isinstance(moved, Meeting), moved
        booked = Reservation.objects.live().filter(person=person)
        if isinstance(sent, TimeMoved):
            assert not booked.exists()
        else:
            # The form came first: the move took the new person along, and told them.
            assert isinstance(sent, Reservation), sent
            assert meeting_of(booked.get()).starts_at == at(9)
        assert violations() == []
