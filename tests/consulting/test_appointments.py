"""Holding, confirming, moving and ending appointments."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import Person, User
from booking.exceptions import CancelTooLate
from booking.models import BusyCell, Party, ReservationState
from booking.services.parties import cancel_reservation, release_expired_holds
from booking.services.resources import resource_of_person
from consulting.calendars import entry
from consulting.exceptions import (
    ConsultingError,
    MoveTooLate,
    SlotTaken,
    TooManyOpen,
)
from consulting.models import IntakeAnswer, Meeting
from consulting.services.appointments import (
    book_appointment,
    confirm_appointment,
    hold_slot,
    try_hold,
)
from consulting.services.catalogue import Question
from consulting.services.meetings import (
    cancel_meeting,
    move_appointment,
    move_meeting,
)
from consulting.slots import Slot
from core.idempotency import KeyReused
from tests.consulting.helpers import (
    DAY,
    at,
    book_one,
    make_booker,
    meeting_of,
    starts_of,
    violations,
)
from tests.factories import NOW, make_consultant, make_room, make_service, make_user

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(minutes=11)


def hold(service: object, booker: User, **overrides: object) -> Party:
    fields = {
        "service_id": service.pk,  # type: ignore[attr-defined]
        "mode": "phone",
        "consultant_id": None,
        "starts_at": at(10),
        "booker": booker,
        "now": NOW,
    }
    return hold_slot(**{**fields, **overrides})  # type: ignore[arg-type]


def confirm(party: Party, person: Person, **overrides: object) -> object:
    fields = {
        "party_id": party.pk,
        "booker": party.booked_by,
        "person": person,
        "answers": {},
        "key": uuid.uuid4(),
        "now": NOW,
    }
    return confirm_appointment(**{**fields, **overrides})  # type: ignore[arg-type]


def test_hold_takes_the_time_and_a_place() -> None:
    service = make_service(buffer_after_minutes=15)
    party = hold(service, make_user())
    meeting = party.offering.meeting
    person = service.consultants.get()
    assert party.held_until == NOW + dt.timedelta(minutes=10)
    assert (meeting.starts_at, meeting.wall_start) == (at(10), dt.time(10))
    assert meeting.zone == "Asia/Tehran"
    cells = BusyCell.objects.filter(resource=resource_of_person(person, now=NOW))
    assert cells.count() == 5
    assert violations() == []


def test_two_persons_cannot_hold_one_time() -> None:
    service = make_service()
    hold(service, make_user())
    with pytest.raises(SlotTaken) as refused:
        hold(service, make_user())
    assert refused.value.nearest[0].starts_at in (at(9), at(11))
    assert Meeting.objects.live().count() == 1


def test_a_double_tap_finds_the_same_hold() -> None:
    service, user = make_service(), make_user()
    assert hold(service, user).pk == hold(service, user).pk


def test_another_time_gives_the_first_hold_up() -> None:
    service, user = make_service(), make_user()
    hold(service, user)
    hold(service, user, starts_at=at(9))
    assert at(11) in starts_of(service)
    assert [m.starts_at for m in Meeting.objects.live()] == [at(9)]
    assert violations() == []


def test_a_refused_change_keeps_the_first_hold() -> None:
    service, user = make_service(), make_user()
    book_one(service, at(9))
    party = hold(service, user, starts_at=at(11))
    with pytest.raises(SlotTaken):
        hold(service, user, starts_at=at(9))
    party.refresh_from_db()
    assert party.held_until is not None


@pytest.mark.parametrize(
    "wish",
    [
        {"starts_at": at(12)},
        {"starts_at": at(10, 7)},
        {"starts_at": NOW + dt.timedelta(hours=1)},
        {"starts_at": at(10, day=DAY + dt.timedelta(days=60))},
        {"starts_at": at(10, day=DAY - dt.timedelta(days=10))},
        {"mode": "video"},
        {"consultant_id": 0},
    ],
)
def test_what_is_not_offered_is_refused(wish: dict[str, object]) -> None:
    with pytest.raises(SlotTaken):
        hold(make_service(), make_user(), **wish)
    assert not Meeting.objects.exists()


def test_an_expired_hold_gives_the_time_back() -> None:
    service = make_service()
    hold(service, make_user())
    assert release_expired_holds(LATER) == 1
    assert at(10) in starts_of(service)
    assert not BusyCell.objects.exists()
    assert not Meeting.objects.live().exists()
    assert violations() == []


def test_a_post_takes_what_an_expired_hold_still_keeps() -> None:
    service = make_service()
    first = hold(service, make_user())
    second = hold(service, make_user(), now=LATER)
    first.refresh_from_db()
    assert first.held_until is None
    assert second.offering.meeting.starts_at == at(10)
    assert violations() == []


def test_confirm_keeps_the_answers() -> None:
    service = make_service(questions=[Question("نوع کفش", is_required=True)])
    user, person = make_booker()
    question = service.questions.get()
    reservation = confirm(hold(service, user), person, answers={question.pk: "کتانی"})
    assert reservation.state == ReservationState.CONFIRMED
    assert IntakeAnswer.objects.get(reservation=reservation).text == "کتانی"
    assert violations() == []


def test_confirm_asks_for_required_answers() -> None:
    service = make_service(questions=[Question("نوع کفش", is_required=True)])
    user, person = make_booker()
    with pytest.raises(ConsultingError) as refused:
        confirm(hold(service, user), person)
    assert refused.value.code == "answer_missing"


def test_the_same_form_twice_is_one_appointment() -> None:
    user, person = make_booker()
    party = hold(make_service(), user)
    key = uuid.uuid4()
    assert confirm(party, person, key=key) == confirm(party, person, key=key)
    with pytest.raises(KeyReused):
        confirm(party, make_booker()[1], key=key)


def test_a_fresh_form_after_success_gives_the_same_appointment() -> None:
    user, person = make_booker()
    party = hold(make_service(), user)
    assert confirm(party, person) == confirm(party, person)


def test_an_expired_hold_is_taken_again_when_free() -> None:
    service = make_service()
    user, person = make_booker()
    party = hold(service, user)
    release_expired_holds(LATER)
    reservation = confirm(party, person, now=LATER)
    assert reservation.party_id != party.pk
    assert meeting_of(reservation).starts_at == at(10)
    assert violations() == []


def test_an_expired_hold_that_went_to_another_is_refused() -> None:
    service = make_service()
    user, person = make_booker()
    party = hold(service, user)
    book_one(service, at(10), now=LATER)
    with pytest.raises(SlotTaken):
        confirm(party, person, now=LATER)
    assert violations() == []


def test_two_open_appointments_are_the_most() -> None:
    service = make_service()
    user, person = make_booker()
    for hour in (9, 10):
        confirm(hold(service, user, starts_at=at(hour)), person)
    with pytest.raises(TooManyOpen):
        confirm(hold(service, user, starts_at=at(11)), person)
    book_one(service, at(11), booker=user, person=person)  # the centre may


def test_any_consultant_is_who_had_the_fewest_minutes() -> None:
    busy, idle = make_consultant(), make_consultant()
    service = make_service(consultants=[busy, idle])
    book_one(service, at(9), consultant_id=busy.pk)
    assert meeting_of(book_one(service, at(10))).consultant == idle
    chosen = meeting_of(book_one(service, at(10, day=DAY + dt.timedelta(days=1))))
    assert chosen.consultant == busy


def test_the_last_cancellation_ends_the_meeting() -> None:
    service = make_service()
    reservation = book_one(service, at(10))
    cancel_reservation(reservation_id=reservation.pk, by=None, now=NOW)
    meeting = meeting_of(reservation)
    assert meeting.cancelled_at == NOW
    assert at(10) in starts_of(service)
    assert violations() == []


def test_a_group_goes_on_when_one_cancels() -> None:
    service = make_service(group_size=2)
    first, second = book_one(service, at(10)), book_one(service, at(10))
    cancel_reservation(reservation_id=first.pk, by=None, now=NOW)
    assert meeting_of(second).is_live
    assert violations() == []


def test_cancelling_too_late_is_refused() -> None:
    reservation = book_one(make_service(), at(10))
    with pytest.raises(CancelTooLate):
        cancel_reservation(
            reservation_id=reservation.pk, by=None, now=at(10) - dt.timedelta(hours=2)
        )


def test_move_keeps_the_uid_and_raises_the_sequence() -> None:
    service = make_service()
    reservation = book_one(service, at(10))
    before = entry(reservation, meeting_of(reservation))
    move_appointment(
        reservation_id=reservation.pk,
        starts_at=at(9),
        consultant_id=None,
        by=None,
        now=NOW,
    )
    meeting = meeting_of(reservation)
    after = entry(reservation, meeting)
    assert (after.uid, after.starts_at) == (before.uid, at(9))
    assert after.sequence > before.sequence
    assert meeting.offering.starts_at == meeting.offering.closes_at == at(9)
    assert meeting.changes.get().from_starts_at == at(10)
    assert violations() == []


def test_a_move_may_touch_the_old_time() -> None:
    service = make_service()
    reservation = book_one(service, at(10))
    move_appointment(
        reservation_id=reservation.pk,
        starts_at=at(10, 30),
        consultant_id=None,
        by=None,
        now=NOW,
    )
    assert meeting_of(reservation).wall_start == dt.time(10, 30)
    assert violations() == []


def test_a_refused_move_keeps_the_old_time() -> None:
    service = make_service()
    reservation = book_one(service, at(9))
    book_one(service, at(10))
    with pytest.raises(SlotTaken):
        move_appointment(
            reservation_id=reservation.pk,
            starts_at=at(10),
            consultant_id=None,
            by=None,
            now=NOW,
        )
    assert meeting_of(reservation).starts_at == at(9)
    assert violations() == []


def test_a_move_may_change_the_consultant_and_the_room_stays() -> None:
    room = make_room()
    people = [make_consultant(), make_consultant()]
    service = make_service(modes={"in_person": 0}, room=room, consultants=people)
    reservation = book_one(service, at(9), mode="in_person", consultant_id=people[0].pk)
    move_appointment(
        reservation_id=reservation.pk,
        starts_at=at(11),
        consultant_id=people[1].pk,
        by=None,
        now=NOW,
    )
    meeting = meeting_of(reservation)
    assert (meeting.consultant, meeting.room) == (people[1], room)
    assert violations() == []


def test_persons_move_within_the_window_and_the_centre_always() -> None:
    service = make_service()
    reservation = book_one(service, at(10))
    late = at(10) - dt.timedelta(hours=2)
    wish = {"starts_at": at(11), "consultant_id": None, "by": None, "now": late}
    with pytest.raises(MoveTooLate):
        move_appointment(reservation_id=reservation.pk, **wish)
    move_meeting(meeting_id=meeting_of(reservation).pk, **wish)
    assert meeting_of(reservation).starts_at == at(11)


def test_one_of_a_group_cannot_move_the_others() -> None:
    service = make_service(group_size=2)
    first, _second = book_one(service, at(10)), book_one(service, at(10))
    with pytest.raises(ConsultingError) as refused:
        move_appointment(
            reservation_id=first.pk,
            starts_at=at(9),
            consultant_id=None,
            by=None,
            now=NOW,
        )
    assert refused.value.code == "shared"


def test_place_in_a_group_that_just_moved_is_not_taken() -> None:
    service = make_service(group_size=2)
    meeting = meeting_of(book_one(service, at(10)))
    shown = Slot(at(10), meeting.ends_at, meeting.consultant_id, meeting.pk)
    move_meeting(
        meeting_id=meeting.pk, starts_at=at(9), consultant_id=None, by=None, now=NOW
    )

    held = try_hold(service, "phone", shown, make_user(), now=NOW)

    meeting.offering.refresh_from_db()
    assert (held, meeting.offering.seats_taken) == (None, 1)


def test_moving_to_the_same_time_is_quiet() -> None:
    reservation = book_one(make_service(), at(10))
    move_appointment(
        reservation_id=reservation.pk,
        starts_at=at(10),
        consultant_id=None,
        by=None,
        now=NOW,
    )
    assert meeting_of(reservation).schedule_version == 0


def test_what_has_ended_cannot_move() -> None:
    reservation = book_one(make_service(), at(10))
    meeting = meeting_of(reservation)
    cancel_meeting(meeting_id=meeting.pk, by=None, reason="بیماری مشاور", now=NOW)
    with pytest.raises(ConsultingError):
        move_meeting(
            meeting_id=meeting.pk,
            starts_at=at(9),
            consultant_id=None,
            by=None,
            now=NOW,
        )


def test_the_centre_cancels_with_a_reason() -> None:
    service = make_service()
    reservation = book_one(service, at(10))
    meeting = meeting_of(reservation)
    with pytest.raises(ConsultingError):
        cancel_meeting(meeting_id=meeting.pk, by=None, reason=" ", now=NOW)
    for _twice in range(2):
        cancel_meeting(meeting_id=meeting.pk, by=None, reason="بیماری", now=NOW)
    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CANCELLED
    assert reservation.end_reason == "بیماری"
    assert at(10) in starts_of(service)
    assert violations() == []


def test_a_repeated_booking_of_reception_is_one() -> None:
    service = make_service()
    user, person = make_booker()
    key = uuid.uuid4()
    fields = {"booker": user, "person": person, "key": key}
    assert book_one(service, at(10), **fields) == book_one(service, at(10), **fields)


def _in_threads(jobs: list[Callable[[], object]]) -> list[object]:
    """Run all at once; what each gave or raised, in order."""
    results: list[object] = [None] * len(jobs)
    gate = threading.Barrier(len(jobs))

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = jobs[number]()
        except SlotTaken as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[n]) for n in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_one_of_many_at_once_gets_the_time() -> None:
    service = make_service()
    users = [make_user() for _ in range(6)]
    results = _in_threads([lambda u=u: hold(service, u) for u in users])
    assert [isinstance(result, Party) for result in results].count(True) == 1
    assert [isinstance(result, SlotTaken) for result in results].count(True) == 5
    assert violations() == []


def test_booking_needs_a_known_service() -> None:
    service = make_service(is_active=False)
    user, person = make_booker()
    with pytest.raises(SlotTaken):
        book_appointment(
            service_id=service.pk,
            mode="phone",
            consultant_id=None,
            starts_at=at(10),
            booker=user,
            person=person,
            key=uuid.uuid4(),
            now=NOW,
        )
