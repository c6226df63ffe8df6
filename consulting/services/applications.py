"""The intake form: who comes, who books, and the time, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import services as people
from accounts.models import Consent, ConsentKind, Person, User
from booking.models import Reservation, ReservationState
from consulting.exceptions import ConsultingError
from consulting.services.appointments import confirm_appointment, hold_slot
from core.idempotency import form_digest, once
from core.transactions import atomic_retrying


@dataclass(frozen=True)
class Applicant:
    """What the form says about the person who comes.

    `name` and `phone` (E.164, may be empty) are those of another person; `own_name` is
    the booker's, when nobody knows it yet.
    """

    is_self: bool
    own_name: str = ""
    name: str = ""
    phone: str = ""
    gives_consent: bool = False
    language: str = "fa"


@dataclass(frozen=True)
class Wish:
    """The time that the form is about; without a consultant, whoever is free."""

    service_id: int
    mode: str
    consultant_id: int | None
    starts_at: dt.datetime


@atomic_retrying
def apply_for_appointment(
    *,
    wish: Wish,
    booker: User,
    applicant: Applicant,
    answers: Mapping[int, str],
    key: UUID,
    now: dt.datetime,
) -> Reservation:
    """Make an appointment of the booker's hold, or of the free time itself.

    The same form sent twice gives the same appointment, and makes one person. Raises
    SlotTaken, TooManyOpen, ConsultingError without consent, a name or an answer, and
    AccountsError.
    """
    told = asdict(replace(applicant, language="", gives_consent=False))
    record = once(
        key=key,
        actor=f"user:{booker.pk}",
        action="apply_appointment",
        digest=form_digest({**asdict(wish), **told, "answers": dict(answers)}),
        now=now,
    )
    if record.result_id:
        return Reservation.objects.get(pk=record.result_id)
    person = _person(booker, applicant, now)
    reservation = _same_again(wish, booker, person)
    if reservation is None:
        party = hold_slot(booker=booker, now=now, **asdict(wish))
        reservation = confirm_appointment(
            party_id=party.pk,
            booker=booker,
            person=person,
            answers=answers,
            key=key,
            now=now,
        )
    record.remember(reservation.pk)
    return reservation


def _same_again(wish: Wish, booker: User, person: Person) -> Reservation | None:
    """The form was opened and sent once more after it had succeeded."""
    return Reservation.objects.filter(
        party__booked_by=booker,
        person=person,
        state=ReservationState.CONFIRMED,
        offering__meeting__service=wish.service_id,
        offering__meeting__starts_at=wish.starts_at,
    ).first()


def _person(booker: User, applicant: Applicant, now: dt.datetime) -> Person:
    own = _own_person(booker, applicant, now)
    person = own if applicant.is_self else _other_person(booker, applicant, now)
    if needs_consent(person):
        _require_consent(applicant)
        people.record_consent(
            person=person, kind=ConsentKind.BOOKING, given_by=booker, now=now
        )
    return person


def _own_person(booker: User, applicant: Applicant, now: dt.datetime) -> Person:
    person = Person.objects.filter(user=booker).first()
    if person is not None:
        return person
    if not applicant.own_name:
        raise ConsultingError(_("Write your name."), code="no_name")
    _require_consent(applicant)
    return people.sign_up_person(
        user=booker, name=applicant.own_name, language=applicant.language, now=now
    )


def _other_person(booker: User, applicant: Applicant, now: dt.datetime) -> Person:
    if not applicant.name:
        raise ConsultingError(_("Write the name of the person."), code="no_name")
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


def _require_consent(applicant: Applicant) -> None:
    if not applicant.gives_consent:
        raise ConsultingError(
            _("Without your consent we may not keep the booking."), code="no_consent"
        )
