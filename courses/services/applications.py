"""The booking form: who comes, who books, and the place, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts import services as people
from accounts.access import person_of
from accounts.applicants import (
    Applicant,
    consent_question,
    needs_consent,
    own_person,
    person_who_comes,
)
from accounts.models import Firm, Gender, Person, User
from booking import overlaps
from booking.models import Party, WaitingEntry
from booking.services.bookings import Booking, make_booking
from booking.services.needs import Need, Needs, require_told
from booking.services.no_shows import no_show_question
from booking.services.room import require_room
from core.compiled import KEY, MOMENT, Given, Select, asked_ahead
from core.exceptions import HidajError
from core.idempotency import Form, form_digest, once, result_of
from core.transactions import atomic_retrying
from courses.models import CourseRun
from courses.services import eligibility, enrolment


def _run_with_hold() -> QuerySet[CourseRun]:
    """The run, and whether the booker's form keeps places in it."""
    holds = Party.objects.with_live_hold(Given("now", MOMENT)).filter(
        offering=OuterRef("offering"), booked_by=Given("booker", KEY)
    )
    return (
        CourseRun.objects.select_related("course", "offering")
        .annotate(has_hold=Exists(holds))
        .filter(pk=Given("run", KEY))
    )


RUN = Select(_run_with_hold)


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

    def adds_nothing_to(self, person: Person) -> bool:
        """Whether the booker's own person comes alone, and all of it is known."""
        if not self.is_self or self.is_later or self.companions:
            return False
        firm = person.firm.name if person.firm else ""
        told = "" if self.has_no_firm else self.firm_name or firm
        return (
            told == firm
            and self.birth_year in (None, person.birth_year)
            and self.gender in ("", person.gender)
            and self.job in ("", person.job)
        )


@dataclass(frozen=True)
class Known:
    """A booker who comes alone: about whom all was asked before the transaction.

    `made` is the booking, unless a hold is confirmed.
    """

    person: Person
    needs: Needs
    made: Booking | None = None


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
    What is under no lock is asked before the transaction, which is short for it; where
    everything is taken, nothing is written. Raises what `enrolment.enrol` raises,
    AccountsError without consent or a name, booking's Overlapping unless the booker
    accepts that, ApprovalNeeded for a reason that was not shown, and CoursesError
    without a statement where one is needed.
    """
    run = RUN.get(run=run_id, booker=booker.pk, now=now)
    form = _form("apply", booker, run_id, applicant, key)
    try:
        require_room(run.offering, booker, now=now)
        known = _make_known(run, booker, applicant, now, accepts_overlap, told_needs)
    except HidajError:
        # A form that had its result gets it again, whatever happened since.
        done = result_of(**form)
        party = Party.objects.filter(pk=done).first() if done else None
        if party is None:
            raise
        return party
    return _book(
        run=run,
        booker=booker,
        applicant=applicant,
        form=form,
        now=now,
        known=known,
        accepts_overlap=accepts_overlap,
        told_needs=told_needs,
    )


def _make_known(
    run: CourseRun,
    booker: User,
    applicant: CourseApplicant,
    now: dt.datetime,
    accepts_overlap: bool,
    told_needs: Collection[str],
) -> Known | None:
    """The booking of somebody who comes alone and told nothing new.

    None for everybody else: their rows have to be written first.
    """
    person = person_of(booker)
    if person is None or not applicant.adds_nothing_to(person):
        return None
    with asked_ahead(
        consent_question(person),
        overlaps.overlap_question(person, booker),
        no_show_question(person, now),
    ):
        if needs_consent(person):
            return None
        eligibility.require_audience(run, [person])
        _require_no_overlap(run, booker, [person], accepts_overlap, now)
        needs = _needs(run, [person], applicant, told_needs, now)
    if run.has_hold:  # type: ignore[attr-defined]
        return Known(person, needs)
    made = make_booking(run.offering, booker, [person], needs, now=now)
    return Known(person, needs, made)


@atomic_retrying
def _book(
    *,
    run: CourseRun,
    booker: User,
    applicant: CourseApplicant,
    form: Form,
    now: dt.datetime,
    known: Known | None,
    accepts_overlap: bool,
    told_needs: Collection[str],
) -> Party:
    record = once(**form, now=now)
    if record.result_id:
        return Party.objects.get(pk=record.result_id)
    party: list[Person | None]
    if known is not None:
        party, needs = [known.person], known.needs
    else:
        party = _people(run.pk, booker, applicant, now)
        _require_no_overlap(run, booker, party, accepts_overlap, now)
        needs = _needs(run, party, applicant, told_needs, now)
    places = enrolment.take_places(
        run=run,
        booker=booker,
        people=party,
        needs=needs,
        now=now,
        record=record,
        made=known.made if known else None,
    )
    return places[0].party


class LineForm(TypedDict):
    """The form of somebody who waits: for a place, or for a draw."""

    run_id: int
    booker: User
    applicant: CourseApplicant
    key: UUID
    now: dt.datetime
    accepts_overlap: NotRequired[bool]
    told_needs: NotRequired[Collection[str]]


def apply_for_turn(**form: Unpack[LineForm]) -> Party:
    """Put the people of the form on the waiting list of a full run, together.

    As `apply_for_place`; raises what `enrolment.join_waiting_list` raises.
    """
    return _stand_in_line("apply_wait", enrolment.join_waiting_list, form)


def apply_for_draw(**form: Unpack[LineForm]) -> Party:
    """Let the people of the form take part in the draw of a run, together.

    As `apply_for_place`; raises what `enrolment.apply_for_draw` raises.
    """
    return _stand_in_line("apply_draw", enrolment.apply_for_draw, form)


@atomic_retrying
def _stand_in_line(
    action: str, stand: Callable[..., WaitingEntry], form: LineForm
) -> Party:
    run_id, booker, applicant = form["run_id"], form["booker"], form["applicant"]
    key, now = form["key"], form["now"]
    record = once(**_form(action, booker, run_id, applicant, key), now=now)
    if record.result_id:
        return Party.objects.get(pk=record.result_id)
    run = CourseRun.objects.select_related("course").get(pk=run_id)
    party = _people(run_id, booker, applicant, now)
    accepts_overlap = form.get("accepts_overlap", False)
    _require_no_overlap(run, booker, party, accepts_overlap, now)
    # Nobody is sent to the staff unawares.
    _needs(run, party, applicant, form.get("told_needs", ()), now)
    entry = stand(
        run_id=run_id,
        booker=booker,
        people=party,
        key=key,
        now=now,
        statements=_said(party, applicant),
    )
    record.remember(entry.party_id)
    return entry.party


def _said(party: Sequence[Person | None], applicant: CourseApplicant) -> dict[int, str]:
    return {person.pk: applicant.statement for person in filter(None, party)}


def _needs(
    run: CourseRun,
    party: Sequence[Person | None],
    applicant: CourseApplicant,
    told_needs: Collection[str],
    now: dt.datetime,
) -> dict[int, Need]:
    """About whom the staff decide; nobody is sent to them unawares."""
    needs = eligibility.needs_of(run, party, now, _said(party, applicant))
    require_told(needs, told_needs)
    eligibility.require_statements(needs)
    return needs


def _require_no_overlap(
    run: CourseRun,
    booker: User,
    party: Sequence[Person | None],
    is_accepted: bool,
    now: dt.datetime,
) -> None:
    for person in filter(None, party):
        overlaps.require_no_overlap(
            person=person,
            seen_by=booker,
            intervals=run.intervals_after(now),
            ignoring_offering=run.offering_id,
            is_accepted=is_accepted,
        )


def _form(
    action: str, booker: User, run_id: int, applicant: CourseApplicant, key: UUID
) -> Form:
    return Form(
        key=key,
        actor=f"user:{booker.pk}",
        action=action,
        digest=form_digest({"run": run_id, **applicant.identity()}),
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
