"""Who hears of a reservation: the person, and the booker on another number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from accounts.access import STAFF_ROLES, person_of
from accounts.models import Person, User
from booking.models import Reservation
from core.languages import Language
from notifications import services as outbox
from notifications.models import Channel, OutboxMessage

# The role of the one whose place it is.
PERSON = "person"


@dataclass(frozen=True)
class Recipient:
    """One who is reached; `role` keeps the rows of several apart."""

    role: str
    phone: str
    email: str
    language: str


@dataclass(frozen=True)
class Notice:
    """A message as it goes to each of its recipients.

    `tag` makes it unique among those of its kind. `concerns_at` is the start of what
    a change is about, `due_at` None is now.
    """

    kind: str
    subject_kind: str
    subject_id: int
    tag: str
    expires_at: dt.datetime | None
    version: int = 0
    concerns_at: dt.datetime | None = None
    due_at: dt.datetime | None = None


def as_recipient(role: str, person: Person) -> Recipient:
    """How a person is reached."""
    phone = person.contact_phone or (person.user.phone if person.user else "")
    return Recipient(role, phone, person.email, person.language)


def booker_recipient(user: User) -> Recipient | None:
    """How the booker is reached; None for staff, who book for callers."""
    if not user.roles.isdisjoint(STAFF_ROLES):
        return None
    person = person_of(user)
    language = person.language if person else Language.PERSIAN
    email = (person.email if person else "") or user.email
    return Recipient("booker", user.phone, email, language)


def recipients(reservation: Reservation) -> list[Recipient]:
    """The person, and the booker when that is somebody on another number."""
    found = []
    if reservation.person is not None:
        found.append(as_recipient(PERSON, reservation.person))
    booker = booker_recipient(reservation.party.booked_by)
    if booker is not None and booker.phone not in {r.phone for r in found}:
        # Two numbers may share one mailbox; it has the same mail once.
        is_known = booker.email in {r.email for r in found}
        found.append(replace(booker, email="") if is_known else booker)
    return [r for r in found if r.phone]


def attendee_address(reservation: Reservation) -> str:
    """The person's e-mail address, else the booker's; empty when neither has one."""
    person, booker = reservation.person, reservation.party.booked_by
    own = Person.objects.filter(user=booker).values_list("email", flat=True)
    return (person.email if person else "") or booker.email or own.first() or ""


def is_for_another(reservation: Reservation) -> bool:
    """Whether somebody else than the person (and the staff) booked the place."""
    person, booker = reservation.person, reservation.party.booked_by
    if person is None or person.user_id == booker.pk:
        return False
    return booker_recipient(booker) is not None


def is_told_by_whom(reservation: Reservation, to: Recipient) -> bool:
    """Whether this is the person, and somebody else on another number booked."""
    if to.role != PERSON or not is_for_another(reservation):
        return False
    booker = booker_recipient(reservation.party.booked_by)
    return booker is not None and booker.phone != to.phone


def send(notice: Notice, to: Recipient, *, now: dt.datetime) -> None:
    """One SMS, and an e-mail when there is an address, in this transaction."""
    send_all([(notice, to)], now=now)


def send_all(notices: Iterable[tuple[Notice, Recipient]], *, now: dt.datetime) -> None:
    """As `send`, for several notices in one statement."""
    drafts = [draft for one in notices for draft in _drafts(*one, now=now)]
    if drafts:
        outbox.enqueue_all(drafts)


def _drafts(
    notice: Notice, to: Recipient, *, now: dt.datetime
) -> Iterator[OutboxMessage]:
    for channel, address in ((Channel.SMS, to.phone), (Channel.EMAIL, to.email)):
        if address:
            yield outbox.draft(
                kind=notice.kind,
                subject_kind=notice.subject_kind,
                subject_id=notice.subject_id,
                channel=channel,
                recipient=address,
                language=to.language,
                dedupe_key=f"{notice.kind}:{notice.tag}:{to.role}:{channel}",
                due_at=notice.due_at or now,
                expires_at=notice.expires_at,
                now=now,
                schedule_version=notice.version,
                concerns_at=notice.concerns_at,
            )
