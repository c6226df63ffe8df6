"""Asking to be told, and what ends by itself."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Person, User
from booking.models import OfferState, Reservation, ReservationState
from booking.services.parties import may_cancel
from consulting.exceptions import ConsultingError
from consulting.models import EarlierOffer, EarlierWish, Meeting, Service, WishState
from consulting.services.earlier.answers import end_wish
from consulting.services.earlier.offers import (
    close_with_hold,
    serve_who_found_nothing,
)
from consulting.services.earlier.states import begin_wish
from core.transactions import atomic_retrying


@atomic_retrying
def ask_for_earlier(
    *, reservation_id: int, consultant_id: int | None, by: User, now: dt.datetime
) -> EarlierWish:
    """Wait for a time on an earlier day than an appointment; None is any consultant.

    Asking again changes whom one waits for. Raises ConsultingError for an appointment
    that cannot be moved alone, or whose hour is shared with others.
    """
    reservation = Reservation.objects.select_related("offering", "person").get(
        pk=reservation_id
    )
    meeting = Meeting.objects.select_related("service").get(
        offering=reservation.offering_id
    )
    if not can_ask_for_earlier(reservation, meeting, now) or reservation.person is None:
        raise ConsultingError(
            _("Nothing earlier can be looked for: this appointment cannot be moved."),
            code="not_movable",
        )
    return _ask(
        EarlierWish(
            service=meeting.service,
            mode=meeting.mode,
            consultant_id=consultant_id,
            person=reservation.person,
            reservation=reservation,
            ends_at=meeting.starts_at,
        ),
        by=by,
        now=now,
    )


def can_ask_for_earlier(
    reservation: Reservation, meeting: Meeting, now: dt.datetime
) -> bool:
    """Whether an appointment may be moved by its person, and to an earlier day."""
    notice = dt.timedelta(hours=meeting.service.notice_hours)
    return (
        reservation.state == ReservationState.CONFIRMED
        and meeting.service.is_active
        and meeting.service.group_size == 1
        and may_cancel(reservation.offering, now)
        and now + notice < meeting.starts_at
    )


@atomic_retrying
def ask_for_any(
    *,
    service_id: int,
    mode: str,
    consultant_id: int | None,
    person: Person,
    by: User,
    now: dt.datetime,
) -> EarlierWish:
    """Wait for any time of a service in which nothing is free.

    Asking again changes the way and whom one waits for.
    """
    service = Service.objects.active().get(pk=service_id)
    wish = EarlierWish(
        service=service,
        mode=mode,
        consultant_id=consultant_id,
        person=person,
        ends_at=now + dt.timedelta(days=settings.HIDAJ_EARLIER_WISH_DAYS),
    )
    return _ask(wish, by=by, now=now)


def _ask(wish: EarlierWish, *, by: User, now: dt.datetime) -> EarlierWish:
    """A second tap finds the wish of the first."""
    same = EarlierWish.objects.standing().filter(
        service=wish.service, person=wish.person, reservation=wish.reservation
    )
    changed = same.update(consultant=wish.consultant_id, mode=wish.mode)
    if changed:
        return same.get()
    wish.asked_by, wish.asked_at, wish.state = by, now, WishState.WAITING
    try:
        with transaction.atomic():
            wish.save()
            begin_wish(wish, by=by, now=now)
    except IntegrityError:
        return same.get()
    return wish


def end_wishes_of(reservation: Reservation, *, now: dt.datetime) -> None:
    """The appointment that should move has ended."""
    for wish in EarlierWish.objects.standing().filter(reservation=reservation):
        end_wish(
            wish_id=wish.pk,
            by=None,
            now=now,
            to=WishState.WITHDRAWN,
            reason="appointment_ended",
        )


def tend(now: dt.datetime) -> int:
    """A step of the tick: what is over ends, and who found nothing is served."""
    return _close_lapsed(now) + _end_over(now) + serve_who_found_nothing(now=now)


def _close_lapsed(now: dt.datetime) -> int:
    """Offers whose hold ended in an hour that others of a group still have."""
    lapsed = EarlierOffer.objects.filter(
        state=OfferState.OPEN, party__held_until=None
    ).values_list("party__offering", flat=True)
    offerings = list(lapsed)
    for offering_id in offerings:
        with transaction.atomic():
            close_with_hold(offering_id, now=now)
    return len(offerings)


def _end_over(now: dt.datetime) -> int:
    is_over = (
        Q(ends_at__lte=now)
        | Q(service__is_active=False)
        | (Q(reservation__isnull=False) & ~Q(reservation__state="confirmed"))
    )
    over = EarlierWish.objects.filter(is_over, state=WishState.WAITING)
    keys = list(over.values_list("pk", flat=True))
    for pk in keys:
        end_wish(wish_id=pk, by=None, now=now, to=WishState.WITHDRAWN, reason="over")
    return len(keys)
