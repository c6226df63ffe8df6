"""Who comes on a place of a run: the forms of a booker and of the staff."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from accounts import services as people
from accounts.applicants import Applicant, own_person, person_who_comes
from accounts.models import Gender, Person, User
from booking.models import Reservation
from booking.services import naming
from core.transactions import atomic_retrying
from courses.models import CourseRun
from courses.services.eligibility import require_audience, require_no_need


@dataclass(frozen=True)
class Newcomer(Applicant):
    """The person of the form; `is_woman` answers what a run for women asks."""

    is_woman: bool = False


@atomic_retrying
def name_by_booker(
    *, reservation_id: int, newcomer: Newcomer, by: User, now: dt.datetime
) -> Reservation:
    """Write who comes, or pass the place on when it has a name; told to both.

    Raises what `booking.services.naming` raises, AccountsError without a name or
    consent, and CoursesError by the audience of the run, and for somebody about whom
    the staff decide first.
    """
    own_person(by, newcomer, now)
    person = person_who_comes(booker=by, applicant=newcomer, now=now)
    return _write(reservation_id, person, newcomer.is_woman, by, now, by_centre=False)


@atomic_retrying
def name_by_centre(
    *,
    reservation_id: int,
    name: str,
    by: User,
    now: dt.datetime,
    phone: str = "",
    is_woman: bool = False,
    reason: str = "",
) -> Reservation:
    """As `name_by_booker`, at any time, for the booker who called or stands there.

    Without a `phone` (E.164) the person is reached on the number of the booker.
    """
    place = Reservation.objects.select_related("party__booked_by").get(
        pk=reservation_id
    )
    person = people.add_managed_person(
        by=place.party.booked_by, name=name, phone=phone, now=now
    )
    return _write(
        reservation_id, person, is_woman, by, now, by_centre=True, reason=reason
    )


def _write(
    reservation_id: int,
    person: Person,
    is_woman: bool,
    by: User,
    now: dt.datetime,
    *,
    by_centre: bool,
    reason: str = "",
) -> Reservation:
    runs = CourseRun.objects.select_related("course")
    run = runs.get(offering__reservations=reservation_id)
    if is_woman and not person.gender:
        person.gender = Gender.WOMAN
        person.save(update_fields=["gender"])
    require_audience(run, [person])
    if not by_centre:
        require_no_need(run, person, now)
    place = Reservation.objects.get(pk=reservation_id)
    if place.person_id is None:
        return naming.name_place(
            reservation_id=place.pk, person=person, by=by, now=now, by_centre=by_centre
        )
    return naming.pass_on(
        reservation_id=place.pk,
        person=person,
        by=by,
        now=now,
        by_centre=by_centre,
        reason=reason,
    )
