from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Person, User
from accounts.services import add_managed_person
from booking.models import EntryState, Offer, Reservation, ReservationState
from booking.services.parties import cancel_reservation
from consulting.models import Meeting
from consulting.services.meetings import move_appointment
from courses.models import CourseRun
from courses.services.enrolment import enrol, join_waiting_list
from courses.services.schedule import move_class_session
from notifications.models import OutboxMessage
from notifications.services import drain
from tests.consulting.helpers import book_one, slots_of
from tests.desk.people import client_of, enrol_one, query_count
from tests.factories import NOW, make_person, make_run, make_service, make_user
from tests.signing import sign_in

pytestmark = pytest.mark.django_db

LIST = "/bookings/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def user() -> User:
    user = make_user()
    make_person(user=user, contact_phone=user.phone, name="زهرا کوک‌دوز")
    return user


@pytest.fixture
def client(user: User) -> Client:
    client = Client()
    sign_in(client, user)
    return client


@pytest.fixture
def english(client: Client) -> Client:
    client.cookies["language"] = "en"
    return client


def book(run: CourseRun, user: User, *people: Person) -> list[Reservation]:
    return enrol(
        run_id=run.pk,
        booker=user,
        people=people or [user.person],
        key=uuid.uuid4(),
        now=NOW,
    )


def page_of(reservation: Reservation, tail: str = "") -> str:
    return f"{LIST}{reservation.party.reference}/{tail}"


def wait_in(run: CourseRun, user: User) -> Reservation:
    entry = join_waiting_list(
        run_id=run.pk,
        booker=user,
        people=[user.person],
        key=uuid.uuid4(),
        now=NOW,
    )
    return entry.party.reservations.get()


def test_list_asks_visitors_to_sign_in_or_to_find_one_booking() -> None:
    page = Client().get(LIST).content.decode()

    assert "/accounts/sign-in/?next=/bookings/" in page
    assert "/bookings/find/" in page


def test_list_shows_each_person_separately(client: Client, user: User) -> None:
    worker = add_managed_person(by=user, name="یاسین بندکفشی", now=NOW)
    run = make_run()
    book(run, user, user.person, worker)

    groups = client.get(LIST).context["groups"]

    assert [(g.name, g.is_own, len(g.upcoming)) for g in groups] == [
        ("زهرا کوک‌دوز", True, 1),
        ("یاسین بندکفشی", False, 1),
    ]


def test_list_parts_what_is_coming_from_what_is_over(
    client: Client, user: User
) -> None:
    kept, given_up = make_run(), make_run()
    book(kept, user)
    cancelled = book(given_up, user)[0]
    cancel_reservation(reservation_id=cancelled.pk, by=user, now=NOW)

    group = client.get(LIST).context["groups"][0]

    assert [b.run for b in group.upcoming] == [kept]
    assert [b.run for b in group.past] == [given_up]


def test_list_says_the_place_in_line(english: Client, user: User) -> None:
    run = make_run(capacity=1)
    enrol_one(run)
    others = [make_user() for _ in range(2)]
    for other in others:
        make_person(user=other)
        wait_in(run, other)
    wait_in(run, user)

    assert "On the waiting list, number 3" in english.get(LIST).content.decode()


def test_list_of_staff_leaves_out_what_they_booked_for_callers() -> None:
    reception = client_of("reception")
    staff = User.objects.get(pk=reception.session["_auth_user_id"])
    run = make_run()
    enrol(
        run_id=run.pk,
        booker=staff,
        people=[make_person()],
        key=uuid.uuid4(),
        now=NOW,
    )

    assert reception.get(LIST).context["groups"] == []


def test_list_costs_the_same_for_one_and_three_bookings(
    client: Client, user: User
) -> None:
    book(make_run(), user)
    full = make_run(capacity=1)
    enrol_one(full)
    wait_in(full, user)
    one = query_count(client, LIST)

    book(make_run(), user)
    full = make_run(capacity=1)
    enrol_one(full)
    wait_in(full, user)
    service = make_service()
    book_one(service, slots_of(service)[0].starts_at, booker=user, person=user.person)

    assert query_count(client, LIST) == one


def test_booking_shows_dates_place_and_price(english: Client, user: User) -> None:
    run = make_run(fee_rial=10_000_000, support_percent=40)
    reservation = book(run, user)[0]

    page = english.get(page_of(reservation)).content.decode()

    assert "Sat 28 November" in page
    assert "16:00 to 20:00" in page
    assert "Opposite the shoe workshop complex" in page
    assert "600,000" in page


def test_booking_is_found_in_small_letters(client: Client, user: User) -> None:
    reservation = book(make_run(), user)[0]

    assert client.get(page_of(reservation).lower()).status_code == 200


@pytest.mark.parametrize("tail", ["", "cancel/1/", "leave/", "dates.ics"])
def test_booking_of_others_is_not_found(client: Client, tail: str) -> None:
    reservation = enrol_one(make_run())
    tail = tail.replace("1", str(reservation.pk))

    assert client.get(page_of(reservation, tail)).status_code == 404


@pytest.mark.parametrize("tail", ["cancel/1/", "leave/", "offer/", "resend/"])
def test_nobody_changes_the_booking_of_others(client: Client, tail: str) -> None:
    reservation = enrol_one(make_run())
    tail = tail.replace("1", str(reservation.pk))

    assert client.post(page_of(reservation, tail)).status_code == 404
    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CONFIRMED


def test_booking_asks_visitors_to_sign_in_whether_it_exists() -> None:
    reservation = enrol_one(make_run())
    visitor = Client()

    for path in (page_of(reservation), "/bookings/AAAAAA/"):
        response = visitor.get(path)
        assert response.status_code == 302
        assert response.url.startswith("/accounts/sign-in/")


def test_worker_sees_only_their_own_place(client: Client, user: User) -> None:
    employer = make_user()
    make_person(user=employer)
    run = make_run()
    mine, _other = book(run, employer, user.person, make_person())

    bookings = client.get(page_of(mine)).context["bookings"]

    assert [b.reservation for b in bookings] == [mine]


def test_cancel_states_the_rule_first(english: Client, user: User) -> None:
    reservation = book(make_run(), user)[0]

    response = english.get(page_of(reservation, f"cancel/{reservation.pk}/"))

    assert "until Fri 27 November, 16:00" in response.content.decode()
    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CONFIRMED


def test_cancel_gives_the_place_back(client: Client, user: User) -> None:
    run = make_run()
    reservation = book(run, user)[0]

    response = client.post(page_of(reservation, f"cancel/{reservation.pk}/"))

    reservation.refresh_from_db()
    run.offering.refresh_from_db()
    assert response.url == page_of(reservation)
    assert reservation.state == ReservationState.CANCELLED
    assert run.offering.seats_taken == 0


def test_cancel_is_refused_after_the_window(
    english: Client, user: User, clock: time_machine.Coordinates
) -> None:
    run = make_run()
    reservation = book(run, user)[0]
    clock.move_to(run.first_session_at - dt.timedelta(hours=23))
    sign_in(english, user)
    path = page_of(reservation, f"cancel/{reservation.pk}/")

    assert "Please call the centre" in english.get(path).content.decode()
    assert "It is too late to cancel here." in english.post(path).content.decode()
    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CONFIRMED


def test_cancel_of_an_appointment_frees_its_time(client: Client, user: User) -> None:
    service = make_service()
    starts_at = slots_of(service)[0].starts_at
    reservation = book_one(service, starts_at, booker=user, person=user.person)

    client.post(page_of(reservation, f"cancel/{reservation.pk}/"))

    assert not Meeting.objects.live().exists()
    assert slots_of(service)[0].starts_at == starts_at


def test_appointment_links_to_its_move(client: Client, user: User) -> None:
    service = make_service()
    reservation = book_one(
        service, slots_of(service)[0].starts_at, booker=user, person=user.person
    )

    page = client.get(page_of(reservation)).content.decode()

    assert f"/consulting/done/{reservation.party.reference}/move/" in page


def test_leave_gives_up_the_turn(client: Client, user: User) -> None:
    run = make_run(capacity=1)
    enrol_one(run)
    reservation = wait_in(run, user)

    assert client.get(page_of(reservation, "leave/")).status_code == 200
    client.post(page_of(reservation, "leave/"))

    reservation.refresh_from_db()
    assert reservation.party.waiting_entry.state == EntryState.LEFT
    assert reservation.state == ReservationState.CANCELLED


@pytest.fixture
def offered(user: User) -> Reservation:
    """A place that became free for the user."""
    run = make_run(capacity=1)
    first = enrol_one(run)
    reservation = wait_in(run, user)
    cancel_reservation(reservation_id=first.pk, by=None, now=NOW)
    return reservation


def test_offer_is_shown_and_accepted(
    english: Client, user: User, offered: Reservation
) -> None:
    assert "A place is kept for you until" in english.get(LIST).content.decode()

    english.post(page_of(offered, "offer/"), {"answer": "accept"})

    offered.refresh_from_db()
    assert offered.state == ReservationState.CONFIRMED


def test_offer_is_declined(client: Client, offered: Reservation) -> None:
    client.post(page_of(offered, "offer/"), {"answer": "decline"})

    offered.refresh_from_db()
    assert offered.state == ReservationState.CANCELLED
    assert not Offer.objects.open().exists()


def test_offer_that_is_gone_is_explained(
    english: Client,
    user: User,
    offered: Reservation,
    clock: time_machine.Coordinates,
) -> None:
    clock.move_to(NOW + dt.timedelta(days=3))
    sign_in(english, user)

    response = english.post(
        page_of(offered, "offer/"), {"answer": "accept"}, follow=True
    )

    assert "This offer is no longer open." in response.content.decode()


def test_history_tells_what_happened(english: Client, offered: Reservation) -> None:
    english.post(page_of(offered, "offer/"), {"answer": "accept"})
    run = CourseRun.objects.get(offering=offered.offering)
    session = run.sessions.get(number=2)
    move_class_session(
        session_id=session.pk,
        on=session.wall_on + dt.timedelta(days=1),
        start=session.wall_start,
        end=session.wall_end,
        by=None,
        now=NOW + dt.timedelta(hours=1),
    )
    with time_machine.travel(NOW + dt.timedelta(hours=2), tick=False):
        histories = english.get(page_of(offered)).context["histories"]

    assert [line.text for line in histories[0][1]] == [
        "Joined the waiting list",
        "A place became free and was offered",
        "The offered place was taken",
        "Class session 2 moved from Sat 5 December, 16:00 to Sun 6 December, 16:00",
    ]


def test_resend_writes_the_confirmation_once_for_two_taps(
    client: Client, user: User
) -> None:
    reservation = book(make_run(), user)[0]
    sent = OutboxMessage.objects.filter(recipient=user.phone)
    before = sent.count()

    client.post(page_of(reservation, "resend/"))
    client.post(page_of(reservation, "resend/"))

    assert sent.count() == before + 1
    assert sent.latest("pk").kind == "enrolment_confirmed"


def test_resend_is_limited(
    english: Client, user: User, clock: time_machine.Coordinates
) -> None:
    reservation = book(make_run(), user)[0]
    for minute in range(4):
        clock.move_to(NOW + dt.timedelta(minutes=2 * minute))
        response = english.post(page_of(reservation, "resend/"), follow=True)

    again = OutboxMessage.objects.filter(dedupe_key__contains=":asked:")
    assert again.count() == 3
    assert "sent several times already" in response.content.decode()


def test_resend_of_a_moved_appointment_is_sent(client: Client, user: User) -> None:
    service = make_service()
    before, after = slots_of(service)[:2]
    reservation = book_one(service, before.starts_at, booker=user, person=user.person)
    move_appointment(
        reservation_id=reservation.pk,
        starts_at=after.starts_at,
        consultant_id=None,
        by=user,
        now=NOW,
    )

    client.post(page_of(reservation, "resend/"))

    message = OutboxMessage.objects.get(dedupe_key__contains=":asked:")
    drain(now=NOW, limit=50)
    message.refresh_from_db()
    assert message.state == "accepted"


@pytest.mark.parametrize("kind", ["waiting", "offer", "appointment"])
def test_resend_fits_what_is_booked(client: Client, user: User, kind: str) -> None:
    if kind == "appointment":
        service = make_service()
        slot = slots_of(service)[0]
        reservation = book_one(service, slot.starts_at, booker=user, person=user.person)
    else:
        run = make_run(capacity=1)
        first = enrol_one(run)
        reservation = wait_in(run, user)
        if kind == "offer":
            cancel_reservation(reservation_id=first.pk, by=None, now=NOW)

    client.post(page_of(reservation, "resend/"))

    message = OutboxMessage.objects.get(dedupe_key__contains=":asked:")
    assert (
        message.kind
        == {
            "waiting": "enrolment_waitlisted",
            "offer": "place_offered",
            "appointment": "appointment_confirmed",
        }[kind]
    )


def test_dates_file_holds_every_class_session(client: Client, user: User) -> None:
    reservation = book(make_run(), user)[0]

    response = client.get(page_of(reservation, "dates.ics"))

    assert response["Content-Type"].startswith("text/calendar")
    assert response.content.count(b"BEGIN:VEVENT") == 3


def test_dates_file_of_an_appointment(client: Client, user: User) -> None:
    service = make_service()
    reservation = book_one(
        service, slots_of(service)[0].starts_at, booker=user, person=user.person
    )

    content = client.get(page_of(reservation, "dates.ics")).content

    assert content.count(b"BEGIN:VEVENT") == 1


def test_pages_change_nothing_on_get(client: Client, user: User) -> None:
    reservation = book(make_run(), user)[0]

    assert client.get(page_of(reservation, "offer/")).status_code == 405
    assert client.get(page_of(reservation, "resend/")).status_code == 405
