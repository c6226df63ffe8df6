"""The booking form: who comes, who books, and the place, in one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import services as people
from accounts.models import Consent, ConsentKind, Firm, Person, User
from booking.models import Party
from core.idempotency import form_digest, once
from core.models import IdempotencyKey
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import CourseRun
from courses.services import enrolment


@dataclass(frozen=True)
class Applicant:
    """What the form says about the person who comes.

    `name` and `phone` (E.164, may be empty) are those of another person; `own_name` is
    the booker's, when nobody knows it yet. `birth_year` is Jalali. What is empty
    changes nothing that is known.
    """

    is_self: bool
    own_name: str = ""
    name: str = ""
    phone: str = ""
    firm_name: str = ""
    has_no_firm: bool = False
    birth_year: int | None = None
    gender: str = ""
    job: str = ""
    gives_consent: bool = False
    language: str = "fa"


@atomic_retrying
def apply_for_place(
    *, run_id: int, booker: User, applicant: Applicant, key: UUID, now: dt.datetime
) -> Party:
    """Book one place in a run for the person of the form.

    The same form sent twice gives the same party, and makes one person and one firm.
    Raises what `enrolment.enrol` raises, CoursesError without consent or a name, and
    AccountsError.
    """
    record = _claim_key("apply", booker, run_id, applicant, key, now)
    if record.result_id:
        return Party.objects.get(pk=record.result_id)
    person = _person(run_id, booker, applicant, now)
    reservations = enrolment.enrol(
        run_id=run_id, booker=booker, people=[person], key=key, now=now
    )
    record.remember(reservations[0].party_id)
    return reservations[0].party


@atomic_retrying
def apply_for_turn(
    *, run_id: int, booker: User, applicant: Applicant, key: UUID, now: dt.datetime
) -> Party:
    """Put the person of the form on the waiting list of a full run.

    As `apply_for_place`; raises what `enrolment.join_waiting_list` raises.
    """
    record = _claim_key("apply_wait", booker, run_id, applicant, key, now)
    if record.result_id:
        return Party.objects.get(pk=record.result_id)
    person = _person(run_id, booker, applicant, now)
    entry = enrolment.join_waiting_list(
        run_id=run_id, booker=booker, people=[person], key=key, now=now
    )
    record.remember(entry.party_id)
    return entry.party


def _claim_key(
    action: str,
    booker: User,
    run_id: int,
    applicant: Applicant,
    key: UUID,
    now: dt.datetime,
) -> IdempotencyKey:
    """The language, the consent box and the booker's own name do not make it another.

    The name is asked once: the second tap of the same form finds a known booker.
    """
    same = replace(applicant, own_name="", language="", gives_consent=False)
    told = asdict(same)
    return once(
        key=key,
        actor=f"user:{booker.pk}",
        action=action,
        digest=form_digest({"run": run_id, **told}),
        now=now,
    )


def _person(
    run_id: int, booker: User, applicant: Applicant, now: dt.datetime
) -> Person:
    own = _own_person(booker, applicant, now)
    person = own if applicant.is_self else _other_person(booker, applicant, now)
    _keep_consent(person, booker, applicant, now)
    if person.user_id in (None, booker.pk):
        _fill_in(person, booker, applicant, now)
    elif applicant.gender and not person.gender:
        # Somebody with a sign-in of their own changes their data themselves; the
        # word of the booker only answers the question of this run.
        person.gender = applicant.gender
    enrolment.require_audience(CourseRun.objects.get(pk=run_id), [person])
    return person


def _own_person(booker: User, applicant: Applicant, now: dt.datetime) -> Person:
    person = Person.objects.filter(user=booker).first()
    if person is not None:
        return person
    if not applicant.own_name:
        raise CoursesError(_("Write your name."), code="no_name")
    if not applicant.gives_consent:
        raise _no_consent()
    return people.sign_up_person(
        user=booker, name=applicant.own_name, language=applicant.language, now=now
    )


def _other_person(booker: User, applicant: Applicant, now: dt.datetime) -> Person:
    if not applicant.name:
        raise CoursesError(_("Write the name of the person."), code="no_name")
    return people.add_managed_person(
        by=booker, name=applicant.name, phone=applicant.phone, now=now
    )


def needs_consent(person: Person | None) -> bool:
    """Whether nobody has agreed yet to keeping this person's data for bookings."""
    if person is None:
        return True
    newest = Consent.objects.filter(person=person, kind=ConsentKind.BOOKING)
    last = newest.order_by("-given_at", "-pk").first()
    return last is None or not last.is_given


def _keep_consent(
    person: Person, booker: User, applicant: Applicant, now: dt.datetime
) -> None:
    if not needs_consent(person):
        return
    if not applicant.gives_consent:
        raise _no_consent()
    people.record_consent(
        person=person, kind=ConsentKind.BOOKING, given_by=booker, now=now
    )


def _no_consent() -> CoursesError:
    return CoursesError(
        _("Without your consent we may not keep the booking."), code="no_consent"
    )


def _fill_in(
    person: Person, booker: User, applicant: Applicant, now: dt.datetime
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
        firm=told[0],
        birth_year=told[1],
        gender=told[2],
        job=told[3],
        now=now,
    )
    person.refresh_from_db()


def _firm(person: Person, applicant: Applicant) -> Firm | None:
    if applicant.has_no_firm:
        return None
    if applicant.firm_name:
        return people.find_or_create_firm(name=applicant.firm_name)
    return person.firm
