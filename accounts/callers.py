"""People who call the centre and are written down by reception."""

from __future__ import annotations

import datetime as dt

from accounts.models import Consent, ConsentKind, Firm, Person, User
from core.transactions import atomic_retrying
from persian.text import clean, search_key


@atomic_retrying
def find_or_create_caller(
    *,
    name: str,
    phone: str,
    by: User,
    now: dt.datetime,
    firm: Firm | None = None,
    gender: str = "",
    job: str = "",
) -> Person:
    """The person of this name and E.164 number; a new one belongs to nobody yet.

    A caller who signs in later is asked whether the record is theirs. What the caller
    says is added to a known person where nothing was known; nothing is overwritten.
    """
    person = (
        Person.objects.select_for_update(of=("self",))
        .filter(search_key=search_key(name), contact_phone=phone, erased_at=None)
        .order_by("pk")
        .first()
    )
    if person is None:
        person = Person.objects.create(
            name=clean(name),
            contact_phone=phone,
            firm=firm,
            gender=gender,
            job=clean(job),
            created_at=now,
        )
        Consent.objects.create(
            person=person, kind=ConsentKind.BOOKING, given_by=by, given_at=now
        )
        return person
    person.firm = person.firm or firm
    person.gender = person.gender or gender
    person.job = person.job or clean(job)
    person.save(update_fields=["firm", "gender", "job"])
    return person
