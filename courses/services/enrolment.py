"""Places in a run: holding, booking, waiting, and asking to be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Gender, Person, User
from booking.models import Party, Reservation, WaitingEntry
from booking.services import draws, parties, waiting
from core.models import IdempotencyKey
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import Course, CourseInterest, CourseRun, RunState


@atomic_retrying
def hold_place(*, run_id: int, booker: User, now: dt.datetime) -> Party:
    """Keep one place while the booker's form is open; a second call finds the first.

    Raises CoursesError for a run that is not published, booking's Full and Closed.
    """
    run = _bookable_run(run_id)
    return parties.hold_places(offering_id=run.offering_id, booker=booker, now=now)


@atomic_retrying
def enrol(
    *,
    run_id: int,
    booker: User,
    people: Sequence[Person],
    key: UUID,
    now: dt.datetime,
    by_centre: bool = False,
) -> list[Reservation]:
    """Give each person a confirmed place in a run, all or none.

    The same key with the same people gives the same places again, whatever happened
    to the run since. `by_centre` lets reception book outside the booking window.
    Raises CoursesError by the rules of the run (code "women_only" or "gender_needed"
    about the audience), booking's Full, Closed and AlreadyBooked, and KeyReused.
    """
    run = CourseRun.objects.get(pk=run_id)
    if not _was_done(booker, "book", key):
        _require_bookable(run)
        require_audience(run, people)
    return parties.book(
        offering_id=run.offering_id,
        booker=booker,
        people=list(people),
        key=key,
        now=now,
        by_centre=by_centre,
    )


@atomic_retrying
def join_waiting_list(
    *,
    run_id: int,
    booker: User,
    people: Sequence[Person],
    key: UUID,
    now: dt.datetime,
) -> WaitingEntry:
    """Put people at the end of the line of a full run.

    The same key gives the same entry. Raises CoursesError by the rules of the run,
    booking's PlacesFree, Closed and AlreadyBooked, and KeyReused.
    """
    run = CourseRun.objects.get(pk=run_id)
    if not _was_done(booker, "join_list", key):
        _require_bookable(run)
        require_audience(run, people)
    return waiting.join_list(
        offering_id=run.offering_id,
        booker=booker,
        people=list(people),
        key=key,
        now=now,
    )


@atomic_retrying
def apply_for_draw(
    *,
    run_id: int,
    booker: User,
    people: Sequence[Person],
    key: UUID,
    now: dt.datetime,
) -> WaitingEntry:
    """Let people take part in the draw of a run, together or not at all.

    The same key gives the same application. Raises CoursesError by the rules of the
    run, booking's DrawRefused, PartyTooLarge and AlreadyBooked, and KeyReused.
    """
    run = CourseRun.objects.get(pk=run_id)
    if not _was_done(booker, "join_draw", key):
        _require_bookable(run)
        require_audience(run, people)
    return draws.apply_for_draw(
        offering_id=run.offering_id,
        booker=booker,
        people=list(people),
        key=key,
        now=now,
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


def require_audience(run: CourseRun, people: Sequence[Person]) -> None:
    """Refuse who may not come to a run for women; raises CoursesError."""
    if not run.is_women_only:
        return
    if any(person.gender == Gender.MAN for person in people):
        raise CoursesError(_("This run is for women only."), code="women_only")
    if any(person.gender != Gender.WOMAN for person in people):
        raise CoursesError(
            _("This run is for women only. Please choose the gender."),
            code="gender_needed",
        )


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
