"""Who may open the page of a booking: its people, or who proved its phone.

Somebody without the phone at hand finds a booking by its reference and a code to the
phone that it was made with; that opens this one booking, for half an hour.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils.translation import get_language

from accounts import codes
from accounts.models import User
from booking.models import Party, Reservation, ReservationQuerySet
from desk.bookings import reservations_of

FIND = "find_booking_code"
FOUND_FOR = dt.timedelta(minutes=30)
_FOUND, _ASKED = "found_bookings", "find_booking"


@dataclass(frozen=True)
class Access:
    """What one reader may see of one booking, and in whose name they act.

    `is_limited` is the half hour after a code: to look, to cancel, to take the dates.
    """

    reservations: ReservationQuerySet
    by: User | None
    is_limited: bool = False


def access_to(request: HttpRequest, reference: str, now: dt.datetime) -> Access:
    """Raises Http404 for a booking that is not the reader's."""
    reference = reference.upper()
    user = request.user
    if isinstance(user, User):
        own = reservations_of(user).filter(party__reference=reference)
        if own.exists():
            return Access(own, user)
    phone = _proved_phone(request, reference, now)
    if phone:
        found = reservations_by_phone(reference, phone)
        if found.exists():
            by = User.objects.filter(phone=phone).first()
            return Access(found, by, is_limited=True)
    raise Http404


def reservations_by_phone(reference: str, phone: str) -> ReservationQuerySet:
    """The places of a booking that belong to a number (E.164).

    The booker's number opens all of them, a learner's number their own.
    """
    whose = (
        Q(party__booked_by__phone=phone)
        | Q(person__contact_phone=phone)
        | Q(person__user__phone=phone)
    )
    rows = Reservation.objects.filter(whose, party__reference=reference.upper())
    return rows.without_holds()


def send_find_code(
    *, reference: str, phone: str, network: str, now: dt.datetime
) -> str:
    """Send a code when the number belongs to the booking; returns the code's nonce.

    The answer is the same when it does not. Raises AccountsError when too many codes
    were asked for.
    """
    codes.count_sending(phone=phone, network=network, now=now)
    nonce = codes.new_nonce()
    party = Party.objects.filter(reference=reference.upper()).first()
    if party is not None and reservations_by_phone(reference, phone).exists():
        codes.send(
            kind=FIND,
            user=party.booked_by,
            phone=phone,
            nonce=nonce,
            language=get_language() or "fa",
            now=now,
        )
    return nonce


def remember_asked(
    request: HttpRequest, *, reference: str, phone: str, nonce: str, now: dt.datetime
) -> None:
    """Keep what was asked for until the code is typed."""
    request.session[_ASKED] = {
        "reference": reference.upper(),
        "phone": phone,
        "nonce": nonce,
        "until": (now + codes.LIFE).isoformat(),
        "sent": now.isoformat(),
    }


def asked(request: HttpRequest, now: dt.datetime) -> dict[str, Any] | None:
    """What this visitor asked for within the life of its code."""
    found: dict[str, Any] | None = request.session.get(_ASKED)
    if found is None or dt.datetime.fromisoformat(found["until"]) <= now:
        return None
    return found


def forget_asked(request: HttpRequest) -> None:
    """The visitor starts anew."""
    request.session.pop(_ASKED, None)


def open_found(request: HttpRequest, now: dt.datetime) -> str:
    """After the right code: open the booking for half an hour; its reference."""
    wanted = request.session.pop(_ASKED)
    request.session.cycle_key()
    found = request.session.get(_FOUND, {})
    found[wanted["reference"]] = {
        "phone": wanted["phone"],
        "until": (now + FOUND_FOR).isoformat(),
    }
    request.session[_FOUND] = found
    reference: str = wanted["reference"]
    return reference


def _proved_phone(request: HttpRequest, reference: str, now: dt.datetime) -> str:
    found = request.session.get(_FOUND, {}).get(reference)
    if not found or dt.datetime.fromisoformat(found["until"]) <= now:
        return ""
    phone: str = found["phone"]
    return phone
