"""The person of a booking form: who comes, who books, and their consent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts import services
from accounts.access import person_of
from accounts.exceptions import AccountsError
from accounts.models import Consent, ConsentKind, Person, User
from core.compiled import KEY, Given, Question, Select
from core.transactions import atomic_retrying

NEWEST_CONSENT = Select(
    lambda: (
        Consent.objects.filter(person=Given("person", KEY), kind=ConsentKind.BOOKING)
        .order_by("-given_at", "-pk")
        .values_list("is_given", flat=True)[:1]
    )
)


@dataclass(frozen=True)
class Applicant:
    """What a booking form says about the person who comes.

    `name` and `phone` (E.164, may be empty) are those of another person; `own_name` is
    the booker's, when nobody knows it yet.
    """

    is_self: bool
    own_name: str = ""
    name: str = ""
    phone: str = ""
    gives_consent: bool = False
    language: str = "fa"

    def identity(self) -> dict[str, Any]:
        """What the digest of the form is made of.

        The language, the consent box and the booker's own name do not make it another
        form. They are asked once: the second tap of the same form finds a known booker.
        """
        asked_once = {"own_name": "", "language": "", "gives_consent": False}
        return {**vars(self), **asked_once}


@atomic_retrying
def person_who_comes(*, booker: User, applicant: Applicant, now: dt.datetime) -> Person:
    """The person of the form, made when nobody knows them, with their consent kept.

    Raises AccountsError without a name (code "no_name") or consent ("no_consent"), and
    what `services.add_managed_person` raises.
    """
    own = own_person(booker, applicant, now)
    person = own if applicant.is_self else _other_person(booker, applicant, now)
    if needs_consent(person):
        require_consent(applicant)
        services.record_consent(
            person=person, kind=ConsentKind.BOOKING, given_by=booker, now=now
        )
    return person


def own_person(booker: User, applicant: Applicant, now: dt.datetime) -> Person:
    """The booker's own person, made on a first visit; raises as `person_who_comes`."""
    person = person_of(booker)
    if person is not None:
        return person
    if not applicant.own_name:
        raise AccountsError(_("Write your name."), code="no_name")
    require_consent(applicant)
    return services.sign_up_person(
        user=booker, name=applicant.own_name, language=applicant.language, now=now
    )


def _other_person(booker: User, applicant: Applicant, now: dt.datetime) -> Person:
    if not applicant.name:
        raise AccountsError(_("Write the name of the person."), code="no_name")
    return services.add_managed_person(
        by=booker, name=applicant.name, phone=applicant.phone, now=now
    )


def needs_consent(person: Person | None) -> bool:
    """Whether nobody has agreed yet to keeping this person's data for bookings."""
    if person is None:
        return True
    return not NEWEST_CONSENT.first(person=person.pk)


def consent_question(person: Person) -> Question:
    """What `needs_consent` asks."""
    return NEWEST_CONSENT.asking(person=person.pk)


def require_consent(applicant: Applicant) -> None:
    """Refuse to keep a person of the form without a tick; raises AccountsError."""
    if not applicant.gives_consent:
        raise AccountsError(
            _("Without your consent we may not keep the booking."), code="no_consent"
        )
