"""A run as staff and its instructors read it: who has a place, who waits, who hears."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, Prefetch, Q

from accounts.models import Person
from booking.line import read_line, sentences
from booking.models import (
    LIVE,
    SEATED,
    EntryState,
    Offer,
    Reservation,
    ReservationQuerySet,
    ReservationState,
    WaitingEntry,
)
from courses.models import ClassSession, ClassSessionQuerySet, CourseRun
from persian.text import search_key, to_latin_digits

SHORTEST_NUMBER = 3


@dataclass(frozen=True)
class Waiter:
    """A party in line: its place, or the offer that it holds."""

    entry: WaitingEntry
    place: int
    offer: Offer | None

    @property
    def people(self) -> list[Reservation]:
        return list(self.entry.party.reservations.all())


def sessions_in_full() -> ClassSessionQuerySet:
    """Class sessions by time, cancelled ones too, with where and by whom."""
    people = Person.objects.select_related("teaching_profile__person").order_by("pk")
    return (
        ClassSession.objects.select_related("room")
        .prefetch_related(Prefetch("instructors", queryset=people))
        .order_by("starts_at", "pk")
    )


def bookings_of(run: CourseRun, text: str = "") -> ReservationQuerySet:
    """Everyone who has or had a place, by name; narrowed by name, phone, reference."""
    rows = (
        Reservation.objects.filter(offering=run.offering_id)
        .without_holds()
        .exclude(state=ReservationState.WAITING)
        .select_related("person__firm", "party__booked_by__person")
        .order_by(F("person__search_key").asc(nulls_last=True), "pk")
    )
    return rows.filter(matching_person(text, "person__", "party__")) if text else rows


def matching_person(text: str, person: str, party: str) -> Q:
    """Rows whose person's name or phone, or whose party's reference, holds the text."""
    found = Q(**{f"{party}reference__iexact": to_latin_digits(text).strip()})
    if key := search_key(text):
        found |= Q(**{f"{person}search_key__contains": key})
    digits = phone_part(text)
    if digits:
        found |= Q(**{f"{person}contact_phone__contains": digits})
    return found


def phone_part(text: str) -> str:
    """What a stored E.164 number must hold, of a number typed in any spelling."""
    typed = to_latin_digits(text)
    digits = "".join(c for c in typed if c.isdigit())
    if len(digits) < SHORTEST_NUMBER or any(c.isalpha() for c in typed):
        return ""
    digits = digits.removeprefix("00")
    if len(digits) > 10:
        digits = digits.removeprefix("98")
    return digits.lstrip("0")


def waiting_of(run: CourseRun) -> list[Waiter]:
    """First those who hold an offer, then the line in its order."""
    people = Reservation.objects.select_related("person").order_by("pk")
    entries = (
        WaitingEntry.objects.filter(offering=run.offering_id)
        .select_related("party__booked_by__person")
        .prefetch_related(
            Prefetch("party__reservations", queryset=people),
            Prefetch("offers", queryset=Offer.objects.open(), to_attr="open_offers"),
        )
    )
    in_order = entries.order_by("missed_offers", "rank", "pk")
    rows = list(in_order.filter(state__in=(EntryState.OFFERED, EntryState.WAITING)))
    offered = [e for e in rows if e.state == EntryState.OFFERED]
    in_line = [e for e in rows if e.state == EntryState.WAITING]
    return [
        *(
            Waiter(e, 0, next(iter(_offers(e)), None))
            for e in sorted(offered, key=lambda entry: entry.pk)
        ),
        *(Waiter(e, place, None) for place, e in enumerate(in_line, start=1)),
    ]


def line_of(run: CourseRun, now: dt.datetime) -> list[str]:
    """Why the line does not move, in words; nothing where nobody waits."""
    line = read_line(run.offering, now)
    return sentences(line) if line.waiting or line.on_offer else []


def _offers(entry: WaitingEntry) -> list[Offer]:
    offers: list[Offer] = getattr(entry, "open_offers", [])
    return offers


def told_of_run(run: CourseRun) -> int:
    """How many people hear when the run is cancelled: with a place, or in line."""
    states = [*LIVE, ReservationState.WAITING]
    return _with_person(run, states)


def told_of_session(run: CourseRun) -> int:
    """How many people hear when a class session is moved or cancelled."""
    return _with_person(run, [ReservationState.CONFIRMED])


def expected(run: CourseRun) -> int:
    """How many people are expected in the room, those without a name among them."""
    return Reservation.objects.filter(
        offering=run.offering_id, state__in=SEATED
    ).count()


def _with_person(run: CourseRun, states: list[ReservationState]) -> int:
    return Reservation.objects.filter(
        offering=run.offering_id, state__in=states, person__isnull=False
    ).count()


def is_ahead(run: CourseRun, now: dt.datetime) -> bool:
    """Whether anything of the run can still be changed."""
    return run.state != "cancelled" and run.last_session_at > now
