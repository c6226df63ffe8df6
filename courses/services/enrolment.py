"""Places in a run: holding, booking, waiting, and asking to be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Person, User
from booking.models import Offering, Party, Reservation, WaitingEntry
from booking.services import draws, parties, waiting
from booking.services.bookings import Booking
from booking.services.needs import Needs
from booking.services.room import require_room
from core.models import IdempotencyKey
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import Course, CourseInterest, CourseRun, RunState
from courses.services.eligibility import needs_of, require_audience


def hold_place(*, run_id: int, booker: User, now: dt.datetime) -> Party:
    """Keep one place while the booker's form is open; a second call finds the first.

    Raises CoursesError for a run that is not published, booking's Full and Closed.
    """
    require_room(Offering.objects.get(course_run=run_id), booker, now=now)
    return hold_places(run_id=run_id, booker=booker, now=now)


@atomic_retrying
def hold_places(
    *, run_id: int, booker: User, now: dt.datetime, places: int | None = None
) -> Party:
    """Keep so many places while the booker's form is open; a running hold is resized.

    None keeps what is held already, or one place. Raises as `hold_place`, and booking's
    TooFew with what is left.
    """
    run = _bookable_run(run_id)
    party = parties.hold_places(
        offering_id=run.offering_id, booker=booker, now=now, size=places or 1
    )
    if places is not None and party.size != places:
        party = parties.resize_hold(party_id=party.pk, size=places, now=now)
    return party


@atomic_retrying
def give_up_hold(*, run_id: int, booker: User, now: dt.datetime) -> None:
    """The booker leaves the form; the list has the places at once. Twice is quiet."""
    held = Party.objects.filter(
        offering__course_run=run_id, booked_by=booker, held_until__isnull=False
    ).first()
    if held is not None:
        parties.give_up_hold(party_id=held.pk, by=booker, now=now)


@atomic_retrying
def enrol(
    *,
    run_id: int,
    booker: User,
    people: Sequence[Person | None],
    key: UUID,
    now: dt.datetime,
    by_centre: bool = False,
    statements: Mapping[int, str] | None = None,
) -> list[Reservation]:
    """Give each person a place in a run, all or none: firm, or pending by its rules.

    Who is None is named later.

    The same key with the same people gives the same places again, whatever happened
    to the run since. `statements` are what persons (by their keys) say about what they
    know. `by_centre` lets reception book outside the booking window, and is its word
    that the places are firm. Raises CoursesError by the rules of the run (codes
    "women_only", "gender_needed" and "cluster_only" about the audience), booking's
    Full, Closed and AlreadyBooked, and KeyReused.
    """
    run = CourseRun.objects.select_related("course").get(pk=run_id)
    if not _was_done(booker, "book", key):
        _require_bookable(run)
        require_audience(run, people)
    needs = {} if by_centre else needs_of(run, people, now, statements)
    return parties.book(
        offering_id=run.offering_id,
        booker=booker,
        people=list(people),
        key=key,
        now=now,
        by_centre=by_centre,
        needs=needs,
    )


@atomic_retrying
def take_places(
    *,
    run: CourseRun,
    booker: User,
    people: Sequence[Person | None],
    needs: Needs,
    now: dt.datetime,
    record: IdempotencyKey,
    made: Booking | None = None,
) -> list[Reservation]:
    """As `enrol`, for a form whose key is claimed and whose people were asked about.

    `run` (with its offering) may have been read before the transaction: the guard of
    the seats has the last word about a run that was closed meanwhile. `made` as in
    `parties.give_places`.
    """
    _require_bookable(run)
    return parties.give_places(
        offering=run.offering,
        booker=booker,
        people=people,
        needs=needs,
        now=now,
        record=record,
        made=made,
    )


@atomic_retrying
def join_waiting_list(
    *,
    run_id: int,
    booker: User,
    people: Sequence[Person | None],
    key: UUID,
    now: dt.datetime,
    statements: Mapping[int, str] | None = None,
) -> WaitingEntry:
    """Put people at the end of the line of a full run.

    About whom the staff decide asks them by accepting an offer. The same key gives the
    same entry. Raises CoursesError by the rules of the run, booking's PlacesFree,
    Closed and AlreadyBooked, and KeyReused.
    """
    run = CourseRun.objects.select_related("course").get(pk=run_id)
    if not _was_done(booker, "join_list", key):
        _require_bookable(run)
        require_audience(run, people)
    return waiting.join_list(
        offering_id=run.offering_id,
        booker=booker,
        people=list(people),
        key=key,
        now=now,
        needs=needs_of(run, people, now, statements),
    )


@atomic_retrying
def apply_for_draw(
    *,
    run_id: int,
    booker: User,
    people: Sequence[Person | None],
    key: UUID,
    now: dt.datetime,
    statements: Mapping[int, str] | None = None,
) -> WaitingEntry:
    """Let people take part in the draw of a run, together or not at all.

    About whom the staff decide asks them by accepting an offer. The same key gives the
    same application. Raises CoursesError by the rules of the run, booking's
    DrawRefused, PartyTooLarge and AlreadyBooked, and KeyReused.
    """
    run = CourseRun.objects.select_related("course").get(pk=run_id)
    if not _was_done(booker, "join_draw", key):
        _require_bookable(run)
        require_audience(run, people)
    return draws.apply_for_draw(
        offering_id=run.offering_id,
        booker=booker,
        people=list(people),
        key=key,
        now=now,
        needs=needs_of(run, people, now, statements),
    )


def _was_done(booker: User, action: str, key: UUID) -> bool:
    """Whether this form already had its result; then no rule may refuse it again."""
    return IdempotencyKey.objects.filter(
        actor=f"user:{booker.pk}", action=action, key=key, result_id__isnull=False
    ).exists()


def _bookable_run(run_id: int) -> CourseRun:
    run = CourseRun.objects.get(pk=run_id)
    _require_bookable(run)
    return run


def _require_bookable(run: CourseRun) -> None:
    if run.state == RunState.CANCELLED:
        raise CoursesError(_("This run was cancelled."), code="cancelled")
    if run.state != RunState.PUBLISHED:
        raise CoursesError(_("This run is not open to the public."), code="draft")
    if run.closed_at is not None:
        raise CoursesError(_("This run is already over."), code="past")


@atomic_retrying
def register_interest(
    *, course_id: int, person: Person, now: dt.datetime
) -> CourseInterest:
    """Remember to tell a person when a run of the course opens; twice is quiet.

    Who was told of an earlier run is put on the list again.
    """
    course = Course.objects.get(pk=course_id)
    interest, _is_new = CourseInterest.objects.get_or_create(
        course=course, person=person, defaults={"created_at": now}
    )
    if interest.notified_at is not None:
        interest.created_at, interest.notified_at = now, None
        interest.notified_run = None
        interest.save(update_fields=["created_at", "notified_at", "notified_run"])
    return interest
