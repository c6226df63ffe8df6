"""What the messages of courses and consulting have in common.

Who is told stands in `booking.recipients`; the facts and the words of each product line
stay with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from django.conf import settings

from accounts.models import Person, User
from booking.examples import EXAMPLE
from booking.models import Reservation, ReservationState
from notifications.kinds import Calendar, MessageKind, StillWanted
from notifications.models import OutboxMessage
from notifications.questions import Replies
from persian.jalali import format_date, format_time
from persian.phones import display_phone
from persian.text import clip, is_persian, localized

Values = dict[str, str]

# What `still_wanted` answers when a message has lost its sense.
SUPERSEDED, CANCELLED, EXPIRED = "superseded", "cancelled", "expired"
# The last lines of an e-mail.
END_FA, END_EN = "\n\n{centre}، {phone}", "\n\n{centre}, {phone}"


def site_url(path: str) -> str:
    """The full address of a page."""
    return settings.PUBLIC_BASE_URL.rstrip("/") + path


def short_link(path: str) -> str:
    """The address of a page as it stands in an SMS: without the scheme."""
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    return (parts.netloc + parts.path).rstrip("/") + path.rstrip("/")


def link_values(path: str) -> Values:
    """A page, for an SMS and for an e-mail."""
    return {"link": short_link(path), "url": site_url(path)}


def centre_values() -> Values:
    """The centre, its telephone and its place in the active language."""
    centre = settings.HIDAJ_CENTRE
    return {
        "centre": localized(centre, "short_name"),
        "phone": display_phone(centre["phone"]),
        "address": localized(centre, "address"),
        "landmark": localized(centre, "landmark"),
    }


def get_reservation(reservation_id: int) -> Reservation:
    """A reservation with what messages and calendars read of it."""
    return Reservation.objects.select_related(
        "offering", "person__user", "party__booked_by"
    ).get(pk=reservation_id)


def place_values(reservation: Reservation, *, path: str, name_length: int) -> Values:
    """Whose place it is and who booked it; `path` is the page of the booking."""
    person, party = reservation.person, reservation.party
    return {
        "person": clip(person.name, name_length) if person else "",
        "booker": _booker_name(party.booked_by, name_length),
        "reference": party.reference,
        **link_values(path),
    }


def _booker_name(user: User, length: int) -> str:
    person = Person.objects.filter(user=user).first()
    return clip(person.name, length) if person else display_phone(user.phone)


def question_labels(name: str, starts_at: dt.datetime) -> dict[str, str]:
    """How an answer by SMS names whose meeting it is about: in full, and its parts."""
    day = format_date(starts_at, weekday=True, year=False)
    full = [clip(name, 14), f"{day} {format_time(starts_at)}"]
    short = f"{format_date(starts_at, year=False)} {format_time(starts_at)}"
    return {
        "label": ("، " if is_persian() else ", ").join(filter(None, full)),
        "name": name,
        "when": short,
    }


def ended_as(reservation: Reservation) -> str:
    """Why nobody needs older news of this place."""
    return CANCELLED if reservation.ended_at else SUPERSEDED


def no_show_wanted(subject_id: int, message: OutboxMessage) -> str:
    """A no-show that still counts."""
    return "" if _counts(subject_id) else SUPERSEDED


def lifted_wanted(subject_id: int, message: OutboxMessage) -> str:
    """A no-show that was mended or forgiven."""
    return SUPERSEDED if _counts(subject_id) else ""


def _counts(reservation_id: int) -> bool:
    missed = Reservation.objects.filter(state=ReservationState.NO_SHOW, forgiven=None)
    return missed.filter(pk=reservation_id).exists()


def message_kind(
    name: str,
    urgency: str,
    read: Callable[[int, str], Values],
    wanted: StillWanted,
    *,
    sample: Mapping[str, str],
    sms: Mapping[str, str],
    sms_linked: Mapping[str, str] | None = None,
    subject: Mapping[str, str] | None = None,
    body: Mapping[str, str] | None = None,
    purpose: str = "transactional",
    calendar: Calendar | None = None,
    replies: Replies | None = None,
    example: Mapping[str, Values] | None = None,
) -> MessageKind:
    """A kind whose variables are those of `sample` that its wordings name.

    `example` has the usual values that are others than in `booking.examples`.
    """
    wordings = [w for w in (sms, sms_linked, subject, body) if w]
    texts = [text for wording in wordings for text in wording.values()]
    return MessageKind(
        name=name,
        purpose=purpose,
        urgency=urgency,
        variables=tuple(n for n in sample if any(f"{{{n}}}" in t for t in texts)),
        values=read,
        still_wanted=wanted,
        sample=sample,
        sms=sms,
        sms_linked=sms_linked,
        email_subject=subject,
        email_body=body,
        calendar=calendar,
        replies=replies,
        example={
            language: usual | (example or {}).get(language, {})
            for language, usual in EXAMPLE.items()
        },
    )
