"""What people booked, read for their own pages, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import F, Prefetch, Q
from django.utils.translation import gettext as _

from accounts.access import STAFF_ROLES, has_role
from accounts.models import User
from booking.models import (
    OVER,
    EntryState,
    Offer,
    OfferingKind,
    Reservation,
    ReservationQuerySet,
    ReservationState,
    Room,
    WaitingEntry,
)
from booking.services.naming import NAMEABLE, PASSABLE, has_begun
from booking.services.parties import may_cancel
from booking.services.places import may_name
from consulting.models import Meeting, Mode
from courses.models import ClassSession, CourseRun
from persian.jalali import format_datetime
from persian.text import to_reader_digits

TONES = {
    ReservationState.CONFIRMED: "good",
    ReservationState.COMPLETED: "good",
    ReservationState.WAITING: "warn",
    ReservationState.PENDING: "warn",
}


def reservations_of(user: User) -> ReservationQuerySet:
    """What stands for the user, for those they manage, and what they booked.

    Staff book for callers, whose bookings are not their own.
    """
    mine = Q(person__user=user) | Q(person__managed_by=user)
    if not has_role(user, *STAFF_ROLES):
        mine |= Q(party__booked_by=user)
    # The booker of a place that was passed on sees who has it now.
    is_passed_on = Q(state=ReservationState.TRANSFERRED, successors__party=F("party"))
    rows = Reservation.objects.filter(mine).without_holds()
    passed_on = Reservation.objects.filter(is_passed_on).exclude(person__user=user)
    return rows.exclude(pk__in=passed_on.values("pk"))


@dataclass(frozen=True)
class Booking:
    """One place, or one turn in a line, of one person; times are aware."""

    reservation: Reservation
    now: dt.datetime
    line_place: int = 0
    offer: Offer | None = None

    @property
    def run(self) -> CourseRun | None:
        """The run, when this is an enrolment."""
        offering = self.reservation.offering
        is_run = offering.kind == OfferingKind.COURSE_RUN
        return offering.course_run if is_run else None

    @property
    def meeting(self) -> Meeting | None:
        """The meeting, when this is an appointment."""
        offering = self.reservation.offering
        return offering.meeting if offering.kind == OfferingKind.MEETING else None

    @property
    def title(self) -> str:
        thing = self.run or (self.meeting and self.meeting.service)
        return thing.title if thing else ""

    @property
    def reference(self) -> str:
        return self.reservation.party.reference

    @property
    def person_name(self) -> str:
        person = self.reservation.person
        return person.name if person else _("Name not told yet")

    @property
    def sessions(self) -> list[ClassSession]:
        """The class sessions of an enrolment, cancelled ones among them, by time."""
        return list(self.run.sessions.all()) if self.run else []

    @property
    def starts_at(self) -> dt.datetime | None:
        """When it begins: the first class session, or the meeting."""
        if self.meeting:
            return self.meeting.starts_at
        return self.run.first_session_at if self.run else None

    @property
    def ends_at(self) -> dt.datetime | None:
        if self.meeting:
            return self.meeting.ends_at
        return self.run.last_session_at if self.run else None

    @property
    def next_at(self) -> dt.datetime | None:
        """When the person has to be there next; the start when nothing is left."""
        coming = self._coming
        return coming[0].starts_at if coming else self.starts_at

    @property
    def _coming(self) -> list[ClassSession]:
        return [s for s in self.sessions if s.is_planned and s.ends_at > self.now]

    @property
    def room(self) -> Room | None:
        """The room in the centre, of the next class session, if that is where it is."""
        if self.run:
            coming = self._coming
            return coming[0].room if coming else self.run.room
        return self.meeting.room if self.meeting else None

    @property
    def is_at_the_centre(self) -> bool:
        return self.room is not None

    @property
    def bring(self) -> str:
        """What to bring along."""
        thing = (self.run and self.run.course) or (
            self.meeting and self.meeting.service
        )
        return thing.bring if thing else ""

    @property
    def is_ended(self) -> bool:
        """Whether it was cancelled, refused, or closed after its end."""
        return self.reservation.ended_at is not None

    @property
    def is_past(self) -> bool:
        """Whether nothing is left to come: over, or ended early."""
        is_over = self.ends_at is not None and self.ends_at <= self.now
        return is_over or self.is_ended

    @property
    def is_live(self) -> bool:
        """Whether somebody stands there: with a place, pending, or in line."""
        return not self.is_ended and not self.is_past

    @property
    def is_waiting(self) -> bool:
        return self.reservation.state == ReservationState.WAITING

    @property
    def is_applied(self) -> bool:
        """Whether it takes part in a draw that is still to come."""
        entry = waiting_entry_of(self.reservation)
        is_entered = entry is not None and entry.state == EntryState.APPLIED
        return self.is_waiting and is_entered

    @property
    def is_confirmed(self) -> bool:
        return self.reservation.state == ReservationState.CONFIRMED

    @property
    def is_used(self) -> bool:
        """Whether the place was there when it took place, and its end is written."""
        return self.reservation.state in OVER

    @property
    def is_pending(self) -> bool:
        """Whether the staff still have to decide about it."""
        return self.reservation.state == ReservationState.PENDING

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        if self.offer is not None:
            return _("A place is kept for you until %(moment)s") % {
                "moment": format_datetime(self.offer.expires_at)
            }
        entry = waiting_entry_of(self.reservation)
        if self.is_applied and entry is not None:
            return _("Application %(number)s for the draw") % {
                "number": to_reader_digits(str(entry.number))
            }
        if self.line_place:
            return _("On the waiting list, number %(place)s") % {
                "place": to_reader_digits(str(self.line_place))
            }
        if self.is_confirmed and self.is_past:
            return _("Over")
        return str(self.reservation.get_state_display())

    @property
    def tone(self) -> str:
        """How the badge of the state looks."""
        if self.is_past:
            return ""
        return TONES.get(ReservationState(self.reservation.state), "")

    @property
    def place(self) -> str:
        """The room, or how the meeting is held."""
        if self.run and self.room:
            return self.room.name
        meeting = self.meeting
        if meeting is None:
            return ""
        is_inside = meeting.mode == Mode.IN_PERSON and meeting.room
        return str(meeting.room) if is_inside else str(meeting.get_mode_display())

    @property
    def can_be_named(self) -> bool:
        """Whether a booker may still write who comes, or give the place on."""
        if self.run is None or self.is_past:
            return False
        offering = self.reservation.offering
        if self.reservation.person is None:
            return self.reservation.state in NAMEABLE and may_name(offering, self.now)
        is_open = self.reservation.state in PASSABLE
        return is_open and not has_begun(offering, self.now)

    @property
    def can_move(self) -> bool:
        """Whether the person may still take another run of the course instead."""
        return self.run is not None and self.is_confirmed and self.can_cancel

    @property
    def can_cancel(self) -> bool:
        """Whether the person may still give the place back alone."""
        if self.is_past:
            return False
        is_open = self.is_confirmed and may_cancel(self.reservation.offering, self.now)
        return self.is_pending or is_open

    @property
    def is_endable(self) -> bool:
        """Whether there is something left to cancel, here or by telephone."""
        return (self.is_confirmed or self.is_pending) and not self.is_past

    @property
    def cancel_until_at(self) -> dt.datetime | None:
        """The last moment at which the person may do so."""
        return self.reservation.offering.cancel_until_at

    @property
    def is_cancellable_by_phone(self) -> bool:
        """Whether only the centre can still end it."""
        return self.is_confirmed and not self.is_past and not self.can_cancel


@dataclass
class PersonBookings:
    """Everything of one person, what comes first and what is over."""

    name: str
    is_own: bool
    upcoming: list[Booking] = field(default_factory=list)
    past: list[Booking] = field(default_factory=list)


def bookings_of(user: User, now: dt.datetime) -> list[PersonBookings]:
    """One group for each person: the user first, then the others by name."""
    groups: dict[int, PersonBookings] = {}
    unnamed: set[int] = set()
    for booking in read(reservations_of(user), now):
        person = booking.reservation.person
        key = person.pk if person else 0
        if person is None and booking.reservation.party_id in unnamed:
            # The places of a party that have no name yet are one card.
            continue
        unnamed |= set() if person else {booking.reservation.party_id}
        if key not in groups:
            is_own = person is not None and person.user_id == user.pk
            groups[key] = PersonBookings(booking.person_name, is_own)
        group = groups[key]
        (group.past if booking.is_past else group.upcoming).append(booking)
    for group in groups.values():
        group.upcoming.sort(key=_next_first)
        group.past.sort(key=_next_first, reverse=True)
    return sorted(groups.values(), key=lambda group: (not group.is_own, group.name))


def _next_first(booking: Booking) -> tuple[float, int]:
    moment = booking.next_at.timestamp() if booking.next_at else 0.0
    return moment, booking.reservation.pk


def read(reservations: ReservationQuerySet, now: dt.datetime) -> list[Booking]:
    """These reservations with all that the pages show of them, by primary key."""
    sessions = ClassSession.objects.select_related("room").order_by("starts_at", "pk")
    rows = list(
        reservations.select_related(
            "person",
            "party__booked_by",
            "party__waiting_entry",
            "offering__course_run__course",
            "offering__course_run__room",
            "offering__meeting__service",
            "offering__meeting__room",
            "offering__meeting__consultant__teaching_profile",
        )
        .prefetch_related(
            Prefetch("offering__course_run__sessions", queryset=sessions),
            Prefetch(
                "party__waiting_entry__offers",
                queryset=Offer.objects.open(),
                to_attr="open_offers",
            ),
        )
        .order_by("pk")
    )
    places = _places_in_line(rows)
    return [
        Booking(row, now, places.get(row.party_id, 0), _open_offer(row)) for row in rows
    ]


def waiting_entry_of(reservation: Reservation) -> WaitingEntry | None:
    """The turn in line that this place came from or waits with."""
    return getattr(reservation.party, "waiting_entry", None)


def _open_offer(reservation: Reservation) -> Offer | None:
    entry = waiting_entry_of(reservation)
    is_offered = entry is not None and entry.state == EntryState.OFFERED
    if reservation.state != ReservationState.WAITING or not is_offered:
        return None
    offers: Sequence[Offer] = getattr(entry, "open_offers", ())
    return next(iter(offers), None)


def _places_in_line(rows: Iterable[Reservation]) -> dict[int, int]:
    """The place of each waiting party in its line, 1 for the next, by party."""
    offerings = {
        row.offering_id for row in rows if row.state == ReservationState.WAITING
    }
    line = WaitingEntry.objects.filter(offering__in=offerings).in_line()
    counted: dict[int, int] = defaultdict(int)
    places = {}
    for offering_id, party_id in line.values_list("offering_id", "party_id"):
        counted[offering_id] += 1
        places[party_id] = counted[offering_id]
    return places
