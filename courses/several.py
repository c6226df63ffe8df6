"""Bookers of several places hear once of each act, whatever it does to how many.

The people whose places they are have messages of their own. What one act changes
carries one moment (`changed_at`), by which the text finds all of it when it is sent.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.messages import (
    EXPIRED,
    SUPERSEDED,
    Values,
    ended_as,
    get_reservation,
    link_values,
)
from booking.models import Reservation, ReservationQuerySet, ReservationState
from booking.recipients import Recipient, booker_recipient
from courses import values
from notifications.kinds import MessageKind, StillWanted
from notifications.models import OutboxMessage
from persian.jalali import format_date, format_time
from persian.text import clip, to_reader_digits

PREFIX = "party_"
CONFIRMED, NAMES_NEEDED = "party_confirmed", "names_needed"


def party_recipient(reservation: Reservation, to: Recipient) -> Recipient | None:
    """The booker as the one who hears of the party; None for everybody else.

    A person without a number of their own is reached on the booker's.
    """
    if reservation.party.size == 1 and reservation.person is not None:
        return None
    booker = booker_recipient(reservation.party.booked_by)
    return booker if booker is not None and booker.phone == to.phone else None


def party_tag(reservation: Reservation, now: dt.datetime) -> str:
    """The same for everything that one act tells the booker of a party."""
    return f"party:{reservation.party_id}:{now:%Y%m%dT%H%M%S.%f}"


def for_party(kind: MessageKind) -> MessageKind:
    """The same words about all places that one act changed."""
    return replace(
        kind,
        name=PREFIX + kind.name,
        values=party_values,
        still_wanted=_any_wanted(kind.still_wanted),
        calendar=None,
    )


def _together(reservation: Reservation) -> ReservationQuerySet:
    return Reservation.objects.filter(
        party=reservation.party_id,
        state=reservation.state,
        changed_at=reservation.changed_at,
    ).order_by("pk")


def _any_wanted(still_wanted: StillWanted) -> StillWanted:
    def wanted(subject_id: int, message: OutboxMessage) -> str:
        told = Reservation.objects.get(pk=subject_id)
        answers = [still_wanted(r.pk, message) for r in _together(told)]
        return "" if "" in answers else answers[0]

    return wanted


def party_values(reservation_id: int, language: str) -> Values:
    """About all places that one act changed, for their booker."""
    known = values.reservation_values(reservation_id, language)
    places = list(_together(get_reservation(reservation_id)).select_related("person"))
    return {**known, "for_whom": f" ({_whose(places)})"}


def confirmed_values(reservation_id: int, language: str) -> Values:
    """About the places of a party and the names that are still to be written."""
    reservation = get_reservation(reservation_id)
    names = ""
    unnamed = unnamed_of(reservation).count()
    if unnamed and reservation.offering.names_until_at:
        names = _("Names until %(until)s") % {"until": _until(reservation)} + "\n"
    return {
        **party_values(reservation_id, language),
        "names": names,
        **_booking_page(reservation),
    }


def _whose(places: list[Reservation]) -> str:
    if len(places) == 1 and places[0].person is not None:
        return clip(places[0].person.name, values.NAME_LENGTH)
    count = len(places)
    words = ngettext("%(count)s place", "%(count)s places", count)
    return words % {"count": to_reader_digits(str(count))}


def unnamed_of(reservation: Reservation) -> ReservationQuerySet:
    """The places of the same party whose people nobody named yet."""
    rows = Reservation.objects.filter(party=reservation.party_id, person=None)
    return rows.filter(state__in=[ReservationState.CONFIRMED, ReservationState.PENDING])


def _until(reservation: Reservation) -> str:
    until = reservation.offering.names_until_at
    if until is None:
        raise LookupError("no time for names without a start")
    return f"{format_date(until, year=False)} {format_time(until)}"


def _booking_page(reservation: Reservation) -> Values:
    path = reverse("courses:short", args=[reservation.party.reference])
    return link_values(path)


def names_values(reservation_id: int, language: str) -> Values:
    """About the names that a booker still has to write."""
    reservation = get_reservation(reservation_id)
    count = str(unnamed_of(reservation).count())
    return {
        **values.reservation_values(reservation_id, language),
        "count": to_reader_digits(count),
        "until": _until(reservation),
        **_booking_page(reservation),
    }


def names_wanted(subject_id: int, message: OutboxMessage) -> str:
    """While places of the party have no name and their time is not over."""
    reservation = get_reservation(subject_id)
    until = reservation.offering.names_until_at
    if until is None or until <= timezone.now():
        return EXPIRED
    if unnamed_of(reservation).exists():
        return ""
    return ended_as(reservation) if reservation.ended_at else SUPERSEDED
