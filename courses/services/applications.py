"""The booking form: who comes, who books, and the place, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from accounts import services as people
from accounts.applicants import Applicant, own_person, person_who_comes
from accounts.models import Firm, Gender, Person, User
from booking import overlaps
from booking.models import Party
from booking.services.needs import require_told
from core.idempotency import form_digest, once
from core.models import IdempotencyKey
from core.transactions import atomic_retrying
from courses.models import CourseRun
from courses.services import eligibility, enrolment


@dataclass(frozen=True)
class Companion:
    """Somebody who comes with the first person; `phone` (E.164) may be empty."""

    name: str
    phone: str = ""


@dataclass(frozen=True)
class CourseApplicant(Applicant):
    """What the form of a run says besides; what is empty changes nothing known.

    `birth_year` is Jalali. `companions` are the other places of a party, None for one
    that is named later; `is_later` when the first one is, too.
    """

    firm_name: str = ""
    has_no_firm: bool = False
    birth_year: int | None = None
    gender: str = ""
    job: str = ""
    statement: str = ""
    is_later: bool = False
    companions: tuple[Companion | None, ...] = ()
    all_women: bool = False


@atomic_retrying
def apply_for_place(
    *,
    run_id: int,
    booker: User,
    applicant: CourseApplicant,
    key: UUID,
    now: dt.datetime,
    accepts_overlap: bool = False,
    told_needs: Collection[str] = (),
) -> Party:
    """Book places in a run for the people of the form, or ask the staff for them.

    All or none. `told_needs` are the reasons for asking that the form has shown. The
    same form sent twice gives the same party, and makes each person and firm once.
    Raises what `enrolment.enrol` raises, AccountsError without consent or a name,
    booking's Overlapping unless the booker accepts that, ApprovalNeeded for a reason
    that was not shown, and CoursesError without a statement where one is needed.
    """
    record = _claim_key("apply", booker, run_id, applicant, key, now)
    if record.result_id:
        return Party.objects.get(pk=record.result_id)
    party = _people(run_id, booker, applicant, now)
    for person in filter(None, party):
        _require_no_overlap(run_id, booker, person, accepts_overlap, now)
    reservations = enrolment.enrol(
        run_id=run_id,
        booker=booker,
        people=party,
        key=key,
        now=now,
        statements=_statements(run_id, party, applicant, told_needs, now),
    )
    record.remember(reservations[0].party_id)
    return reservations[0].party


@atomic_retrying
def apply_for_turn(
    *,
    run_id: int,
    booker: User,
    applicant: CourseApplicant,
    key: UUID,
    now: dt.datetime,
    accepts_overlap: bool = False,
    told_needs: Collection[str] = (),
) -> Party:
    """Put the people of the form on the waiting list of a full run, together.

    As `apply_for_place`; raises what `enrolment.join_waiting_list` raises.
    """
    record = _claim_key("apply_wait", booker, run_id, applicant, key, now)
    if record.result_id:
        return Party.objects.get(pk=record.result_id)
    party = _people(run_id, booker, applicant, now)
    for person in filter(None, party):
        _require_no_overlap(run_id, booker, person, accepts_overlap, now)
    entry = enrolment.join_waiting_list(
        run_id=run_id,
        booker=booker,
        people=party,
        key=key,
        now=now,
        statements=_statements(run_id, party, applicant, told_needs, now),
    )
    record.remember(entry.party_id)
    return entry.party


def _statements(
    run_id: int,
    party: Sequence[Person | None],
    applicant: CourseApplicant,
    told_needs: Collection[str],
    now: dt.datetime,
) -> dict[int, str]:
    """What the people say for the staff, who are not asked unawares."""
    run = CourseRun.objects.select_related("course").get(pk=run_id)
    statements = {person.pk: applicant.statement for person in filter(None, party)}
    needs = eligibility.needs_of(run, party, now, statements)
    require_told(needs, told_needs)
    eligibility.require_statements(needs)
    return statements


def _require_no_overlap(
    run_id: int,
    booker: User,
    person: Person,
    is_accepted: bool,
    now: dt.datetime,
) -> None:
    run = CourseRun.objects.get(pk=run_id)
    overlaps.require_no_overlap(
        person=person,
        seen_by=booker,
        intervals=run.intervals_after(now),
        ignoring_offering=run.offering_id,
        is_accepted=is_accepted,
    )


@atomic_retrying
def apply_for_draw(
    *,
    run_id: int,
    booker: User,
    applicant: CourseApplicant,
    key: UUID,
    now: dt.datetime,
    accepts_overlap: bool = False,
    told_needs: Collection[str] = (),
) -> Party:
    """Let the people of the form take part in the draw of a run, together.

    As `apply_for_place`; raises what `enrolment.apply_for_draw` raises.
    """
    record = _claim_key("apply_draw", booker, run_id, applicant, key, now)
    if record.result_id:
        return Party.objects.get(pk=record.result_id)
    party = _people(run_id, booker, applicant, now)
    for person in filter(None, party):
        _require_no_overlap(run_id, booker, person, accepts_overlap, now)
    entry = enrolment.apply_for_draw(
        run_id=run_id,
        booker=booker,
        people=party,
        key=key,
        now=now,
        statements=_statements(run_id, party, applicant, told_needs, now),
    )
    record.remember(entry.party_id)
    return entry.party


def _claim_key(
    action: str,
    booker: User,
    run_id: int,
    applicant: CourseApplicant,
    key: UUID,
    now: dt.datetime,
) -> IdempotencyKey:
    return once(
        key=key,
        actor=f"user:{booker.pk}",
        action=action,
        digest=form_digest({"run": run_id, **applicant.identity()}),
        now=now,
    )


def _people(
    run_id: int, booker: User, applicant: CourseApplicant, now: dt.datetime
) -> list[Person | None]:
    """The person of each place, in the order of the form; None is named later."""
    own_person(booker, applicant, now)
    first = None if applicant.is_later else _person(run_id, booker, applicant, now)
    others = [
        companion_person(run_id, booker, applicant, one, now) if one else None
        for one in applicant.companions
    ]
    return [first, *others]


def companion_person(
    run_id: int,
    booker: User,
    applicant: CourseApplicant,
    companion: Companion,
    now: dt.datetime,
) -> Person:
    """The person of a further place: what the form says of the firm holds for them.

    Raises CoursesError by the audience of the run, AccountsError without consent.
    """
    gender = Gender.WOMAN if applicant.all_women else Gender.UNKNOWN
    known = replace(
        applicant,
        is_self=False,
        name=companion.name,
        phone=companion.phone,
        birth_year=None,
        gender=gender,
        job="",
    )
    return _person(run_id, booker, known, now)


def _person(
    run_id: int, booker: User, applicant: CourseApplicant, now: dt.datetime
) -> Person:
    person = person_who_comes(booker=booker, applicant=applicant, now=now)
    if person.user_id in (None, booker.pk):
        _fill_in(person, booker, applicant, now)
    elif applicant.gender and not person.gender:
        # Somebody with a sign-in of their own changes their data themselves; the
        # word of the booker only answers the question of this run.
        person.gender = applicant.gender
    eligibility.require_audience(CourseRun.objects.get(pk=run_id), [person])
    return person


def _fill_in(
    person: Person, booker: User, applicant: CourseApplicant, now: dt.datetime
) -> None:
    """Keep what the form adds; what it leaves empty stays as it is."""
    firm = _firm(person, applicant)
    told = (
        firm,
        applicant.birth_year or person.birth_year,
        applicant.gender or person.gender,
        applicant.job or person.job,
    )
    if told == (person.firm, person.birth_year, person.gender, person.job):
        return
    people.update_profile(
        person=person,
        by=booker,
        name=person.name,
        language=person.language,
        email=person.email,
        wants_reminders=person.wants_reminders,
        wants_news=person.wants_news,
        wants_invitations=person.wants_invitations,
        firm=told[0],
        birth_year=told[1],
        gender=told[2],
        job=told[3],
        now=now,
    )
    person.refresh_from_db()


def _firm(person: Person, applicant: CourseApplicant) -> Firm | None:
    if applicant.has_no_firm:
        return None
    if applicant.firm_name:
        return people.find_or_create_firm(name=applicant.firm_name)
    return person.firm
