"""Holding a time, and making an appointment of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Person, User
from booking import ledger, seats
from booking.exceptions import AlreadyBooked, BookingError
from booking.models import (
    BlockKind,
    OfferingKind,
    Party,
    Reservation,
    ReservationState,
    TimeBlock,
)
from booking.services import offerings, parties
from booking.services.needs import Need, Needs
from booking.services.places import release_expired_in
from consulting import slots
from consulting.exceptions import (
    ConsultingError,
    SlotTaken,
    TimeMoved,
    TooManyOpen,
)
from consulting.models import IntakeAnswer, IntakeQuestion, Meeting, Service
from consulting.services.choosing import choose
from consulting.services.claims import meeting_wants
from consulting.services.eligibility import needs_of
from consulting.slots import CENTRE_ZONE, Slot, SlotQuery
from core.idempotency import form_digest, once
from core.transactions import atomic_retrying

# Expired holds are looked for so far around a wanted time: as far as caps count.
AROUND = dt.timedelta(days=7)


@atomic_retrying
def hold_slot(
    *,
    service_id: int,
    mode: str,
    consultant_id: int | None,
    starts_at: dt.datetime,
    booker: User,
    now: dt.datetime,
    by_centre: bool = False,
) -> Party:
    """Keep one time for a booker while their form is open.

    Without a consultant the one with the fewest recent minutes is taken. The same
    time again gives the hold that is there; another time gives the earlier hold up.
    The meeting of the hold is `party.offering.meeting`. `by_centre` passes over the
    notice. Raises SlotTaken with the nearest free times, for a time that is not
    offered (any more) as well.
    """
    service = Service.objects.prefetch_related("modes").get(pk=service_id)
    own = _own_hold(service, mode, consultant_id, starts_at, booker, now)
    if own is not None:
        return own
    _free_what_lapses(booker, starts_at, now=now)
    query: SlotQuery = {
        "service": service,
        "mode": mode,
        "consultant": consultant_id,
        "now": now,
        "by_centre": by_centre,
    }
    for slot in choose(starts_at, query):
        party = try_hold(service, mode, slot, booker, now=now)
        if party is not None:
            return party
    raise SlotTaken(slots.nearest_slots(starts_at, **query))


def live_hold(booker: User, now: dt.datetime) -> Party | None:
    """The running hold of a booker; there is at most one."""
    return (
        Party.objects.with_live_hold(now)
        .filter(
            booked_by=booker,
            offering__kind=OfferingKind.MEETING,
            earlier_offer=None,
        )
        .select_related("offering__meeting__service", "offering__meeting__room")
        .order_by("-pk")
        .first()
    )


def _own_hold(
    service: Service,
    mode: str,
    consultant_id: int | None,
    starts_at: dt.datetime,
    booker: User,
    now: dt.datetime,
) -> Party | None:
    party = live_hold(booker, now)
    if party is None:
        return None
    meeting = party.offering.meeting
    is_same = (meeting.service_id, meeting.mode, meeting.starts_at) == (
        service.pk,
        mode,
        starts_at,
    )
    is_same = is_same and consultant_id in (None, meeting.consultant_id)
    return party if is_same else None


def _free_what_lapses(
    booker: User, starts_at: dt.datetime, *, now: dt.datetime
) -> None:
    """One person keeps one time: choosing another one frees the first.

    All offerings are locked at once, before anything that belongs to them.
    """
    held = list(
        Party.objects.filter(
            booked_by=booker,
            offering__kind=OfferingKind.MEETING,
            held_until__isnull=False,
            earlier_offer=None,
        ).order_by("offering")
    )
    expired = expired_around(starts_at, now=now)
    seats.lock([*(party.offering_id for party in held), *expired])
    for party in held:
        parties.give_up_hold(party_id=party.pk, by=booker, now=now)
    release_expired(expired, now=now)


def expired_around(starts_at: dt.datetime, *, now: dt.datetime) -> list[int]:
    """Offerings that only expired holds keep, near a wanted time."""
    meetings = Meeting.objects.holds_expired(now).between(
        starts_at - AROUND, starts_at + AROUND
    )
    return list(meetings.values_list("offering", flat=True))


def release_expired(offering_ids: Sequence[int], *, now: dt.datetime) -> None:
    """What expired holds still keep is free for whoever asks for it by POST."""
    for offering in seats.lock(offering_ids):
        release_expired_in(offering, now=now)


def try_hold(
    service: Service, mode: str, slot: Slot, booker: User, *, now: dt.datetime
) -> Party | None:
    """The hold of this slot, or None when somebody else was faster."""
    try:
        with transaction.atomic():
            offering_id = _offering_of(slot) or _new_meeting(
                service, mode, slot, by=booker, now=now
            )
            party = parties.hold_places(offering_id=offering_id, booker=booker, now=now)
            _require_still_there(slot)
    except (BookingError, ConsultingError, IntegrityError):
        # Taken by a time, a machine, a seat or the meeting itself: all say the same.
        return None
    return party


def _require_still_there(slot: Slot) -> None:
    """The place is in the meeting that was shown: the centre may just have moved it.

    Read after the place was taken, when a move that came first has committed.
    """
    if slot.meeting_id is None:
        return
    shown = Meeting.objects.live().filter(
        pk=slot.meeting_id, starts_at=slot.starts_at, consultant=slot.consultant_id
    )
    if not shown.exists():
        raise SlotTaken


def _offering_of(slot: Slot) -> int | None:
    if slot.meeting_id is None:
        return None
    return Meeting.objects.values_list("offering", flat=True).get(pk=slot.meeting_id)


def _new_meeting(
    service: Service, mode: str, slot: Slot, *, by: User, now: dt.datetime
) -> int:
    """A meeting with its time taken and its places; returns the offering's key."""
    ledger.require_quarter(slot.starts_at)
    offering = offerings.create_offering(
        kind=OfferingKind.MEETING,
        capacity=service.group_size,
        is_open=True,
        closes_at=slot.starts_at,
        starts_at=slot.starts_at,
        has_waiting_list=False,
        hold_minutes=settings.HIDAJ_SLOT_HOLD_MINUTES,
        cancel_notice_hours=service.cancel_notice_hours,
        fee_rial=service.fee_rial,
        support_percent=service.support_percent,
    )
    block = TimeBlock.objects.create(
        kind=BlockKind.MEETING,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        created_by=by,
        created_at=now,
    )
    ledger.claim(block, meeting_wants(service, mode, slot, now=now))
    meeting = Meeting(
        service=service, offering=offering, block=block, created_at=now, changed_at=now
    )
    place_meeting(meeting, mode, slot)
    meeting.save()
    return offering.pk


def place_meeting(meeting: Meeting, mode: str, slot: Slot) -> None:
    """Write the slot into an (unsaved) meeting: times, wall times, who and where."""
    service = meeting.service
    start = slot.starts_at.astimezone(CENTRE_ZONE)
    meeting.mode = mode
    meeting.consultant_id = slot.consultant_id
    meeting.room = service.room if mode == "in_person" else None
    meeting.starts_at, meeting.ends_at = slot.starts_at, slot.ends_at
    meeting.wall_on, meeting.wall_start = start.date(), start.time()
    meeting.wall_end = slot.ends_at.astimezone(CENTRE_ZONE).time()
    meeting.zone = CENTRE_ZONE.key


@atomic_retrying
def confirm_appointment(
    *,
    party_id: int,
    booker: User,
    person: Person,
    answers: Mapping[int, str],
    key: UUID,
    now: dt.datetime,
    by_centre: bool = False,
    statement: str = "",
    shown_at: dt.datetime | None = None,
) -> Reservation:
    """Turn a held time into an appointment of one person, or into a request for one.

    The staff decide where `eligibility.needs_of` says so, unless the centre books; the
    `statement` is for them. `answers` are texts by the key of their intake question.
    When the hold ran out the same time is taken once more if it is still free. The same
    form sent twice gives the same appointment. Raises SlotTaken, TimeMoved when the
    hour is not at `shown_at` any more, TooManyOpen and ConsultingError for a missing
    answer (both not for the centre), AlreadyBooked and KeyReused.
    """
    record = once(
        key=key,
        actor=f"user:{booker.pk}",
        action="confirm_appointment",
        digest=form_digest(
            {"party": party_id, "person": person.pk, "answers": dict(answers)}
        ),
        now=now,
    )
    if record.result_id:
        return Reservation.objects.get(pk=record.result_id)
    party = Party.objects.select_related("offering__meeting__service").get(
        pk=party_id, booked_by=booker
    )
    done = _already_confirmed(party, person)
    if done is None:
        _require_shown(party, shown_at)
        needs = {} if by_centre else _needs(party, person, statement, now)
        done = _confirm(
            party, person, answers, key, needs, now=now, by_centre=by_centre
        )
    record.remember(done.pk)
    return done


def _require_shown(party: Party, shown_at: dt.datetime | None) -> None:
    """The hour stands where the form showed it; a move waits for this transaction."""
    seats.lock_one(party.offering_id)
    meeting = Meeting.objects.get(offering=party.offering_id)
    if shown_at is not None and meeting.starts_at != shown_at:
        raise TimeMoved(slot_of(meeting))


def slot_of(meeting: Meeting) -> Slot:
    """The time of a meeting as a slot that one can choose."""
    return Slot(meeting.starts_at, meeting.ends_at, meeting.consultant_id, meeting.pk)


def _needs(
    party: Party, person: Person, statement: str, now: dt.datetime
) -> dict[int, Need]:
    return needs_of(party.offering.meeting.service, person, now, statement)


def _already_confirmed(party: Party, person: Person) -> Reservation | None:
    """The form was opened and sent once more, with a fresh key."""
    booked = party.reservations.exclude(
        state__in=[
            ReservationState.HELD,
            ReservationState.EXPIRED,
            ReservationState.CANCELLED,
            ReservationState.REFUSED,
        ]
    ).first()
    if booked is not None and booked.person_id != person.pk:
        raise AlreadyBooked
    return booked


def _confirm(
    party: Party,
    person: Person,
    answers: Mapping[int, str],
    key: UUID,
    needs: Needs,
    *,
    now: dt.datetime,
    by_centre: bool,
) -> Reservation:
    service = party.offering.meeting.service
    questions = _answered(service, answers, may_be_silent=by_centre)
    if not by_centre:
        require_room_for_one_more(person, now)
    if party.held_until is None or party.held_until <= now:
        party = _hold_again(party, now=now)
    reservation = parties.book(
        offering_id=party.offering_id,
        booker=party.booked_by,
        people=[person],
        key=key,
        now=now,
        needs=needs,
    )[0]
    IntakeAnswer.objects.bulk_create(
        IntakeAnswer(reservation=reservation, question=question, text=text)
        for question, text in questions
    )
    return reservation


def _hold_again(party: Party, *, now: dt.datetime) -> Party:
    meeting = party.offering.meeting
    return hold_slot(
        service_id=meeting.service_id,
        mode=meeting.mode,
        consultant_id=meeting.consultant_id,
        starts_at=meeting.starts_at,
        booker=party.booked_by,
        now=now,
    )


def _answered(
    service: Service, answers: Mapping[int, str], *, may_be_silent: bool
) -> list[tuple[IntakeQuestion, str]]:
    questions = service.questions.filter(is_active=True)
    pairs = [(q, answers.get(q.pk, "").strip()) for q in questions]
    missing = any(q.is_required and not text for q, text in pairs)
    if missing and not may_be_silent:
        raise ConsultingError(
            _("Please answer the questions that are marked."), code="answer_missing"
        )
    return [(q, text) for q, text in pairs if text]


def require_room_for_one_more(person: Person, now: dt.datetime) -> None:
    """Raises TooManyOpen.

    The person's row is locked, so that two forms at once are counted in turn.
    """
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not has_room_for_one_more(person, now):
        raise TooManyOpen(settings.HIDAJ_MAX_OPEN_APPOINTMENTS)


def has_room_for_one_more(person: Person, now: dt.datetime) -> bool:
    """Whether a person has fewer appointments ahead than one may have."""
    return open_appointments(person, now) < settings.HIDAJ_MAX_OPEN_APPOINTMENTS


def open_appointments(person: Person, now: dt.datetime) -> int:
    """How many appointments a person has ahead."""
    return Reservation.objects.filter(
        person=person,
        offering__kind=OfferingKind.MEETING,
        offering__starts_at__gt=now,
        state__in=[ReservationState.PENDING, ReservationState.CONFIRMED],
    ).count()


@atomic_retrying
def book_appointment(
    *,
    service_id: int,
    mode: str,
    consultant_id: int | None,
    starts_at: dt.datetime,
    booker: User,
    person: Person,
    key: UUID,
    now: dt.datetime,
    answers: Mapping[int, str] | None = None,
    by_centre: bool = True,
) -> Reservation:
    """Hold and confirm in one step: reception books a caller.

    Sent twice it gives the same appointment. Raises what both steps raise.
    """
    record = once(
        key=key,
        actor=f"user:{booker.pk}",
        action="book_appointment",
        digest=form_digest(
            {
                "service": service_id,
                "mode": mode,
                "consultant": consultant_id,
                "at": starts_at,
                "person": person.pk,
            }
        ),
        now=now,
    )
    if record.result_id:
        return Reservation.objects.get(pk=record.result_id)
    party = hold_slot(
        service_id=service_id,
        mode=mode,
        consultant_id=consultant_id,
        starts_at=starts_at,
        booker=booker,
        now=now,
        by_centre=by_centre,
    )
    reservation = confirm_appointment(
        party_id=party.pk,
        booker=booker,
        person=person,
        answers=answers or {},
        key=key,
        now=now,
        by_centre=by_centre,
    )
    record.remember(reservation.pk)
    return reservation
