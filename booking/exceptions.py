"""Refusals of the booking rules, in sentences for the person who reads them."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.exceptions import HidajError
from persian.text import to_reader_digits


class BookingError(HidajError):
    """A rule of places and times says no."""


class Full(BookingError):
    """No place is free for the public; the waiting list is the way."""

    def __init__(self) -> None:
        super().__init__(
            _("There is no free place any more. You can join the waiting list."),
            code="full",
        )


class TooFew(Full):
    """Some places are free, but fewer than were asked for; `left` says how many."""

    def __init__(self, left: int) -> None:
        BookingError.__init__(
            self,
            ngettext(
                "Only %(left)s place is left.", "Only %(left)s places are left.", left
            )
            % {"left": to_reader_digits(str(left))},
            code="too_few",
        )
        self.left = left


class HoldOver(BookingError):
    """The time for which places were kept is over."""

    def __init__(self) -> None:
        super().__init__(_("The time to keep the places is over."), code="hold_over")


class PartyTooLarge(BookingError):
    """More places at once than one booker may take."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            _("One booking has at most %(limit)s places. For more, call the centre.")
            % {"limit": to_reader_digits(str(limit))},
            code="party_too_large",
        )


class NamesNeeded(BookingError):
    """The time for naming people later is over."""

    def __init__(self) -> None:
        super().__init__(
            _("It begins soon, so please write who comes now."), code="names_needed"
        )


class NamesTooLate(BookingError):
    """The booker's time for saying who comes is over."""

    def __init__(self) -> None:
        super().__init__(
            _("The time for names is over. Please call the centre or tell reception."),
            code="too_late",
        )


class PlaceEnded(BookingError):
    """Nobody has this place any more, or it is in no state to be passed on or moved."""

    def __init__(self) -> None:
        super().__init__(
            _("This place cannot be changed any more. Please look at the booking."),
            code="ended",
        )


class TurnStays(BookingError):
    """A turn in line, or an application for a draw, was to go to another person."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "A turn in the waiting list or in a draw stays with its person. Whoever"
                " wants to come instead joins the list."
            ),
            code="turn_stays",
        )


class PlaceNamed(BookingError):
    """Somebody named this place meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("A name was already written for this place."), code="named")


class TransferTooLate(BookingError):
    """The window for moving alone is over."""

    def __init__(self) -> None:
        super().__init__(
            _("It is too late to move this here. Please call the centre."),
            code="too_late",
        )


class Closed(BookingError):
    """The booking window is not open."""

    def __init__(self) -> None:
        super().__init__(_("Booking is not open for this."), code="closed")


class DrawAhead(BookingError):
    """The places are given by draw, and it has not taken place."""

    def __init__(self) -> None:
        super().__init__(
            _("The places here are given by draw. Please apply for it instead."),
            code="draw_ahead",
        )


class DrawRefused(BookingError):
    """What the rules of a draw do not allow."""

    @classmethod
    def opens_too_early(cls) -> DrawRefused:
        return cls(
            _("Applications must open later than now: the draw is announced first."),
            code="opens_at",
        )

    @classmethod
    def closes_before_it_opens(cls) -> DrawRefused:
        return cls(
            _("Applications must close after they have opened."), code="closes_at"
        )

    @classmethod
    def closes_too_late(cls) -> DrawRefused:
        return cls(
            _(
                "Applications must close at least two days before the start, so that"
                " those who are drawn can answer."
            ),
            code="closes_at",
        )

    @classmethod
    def has_people(cls) -> DrawRefused:
        return cls(
            _("Somebody has a place or a turn here already; no draw is possible."),
            code="has_people",
        )

    @classmethod
    def has_applications(cls) -> DrawRefused:
        return cls(
            _("Somebody has applied already; the draw cannot be changed any more."),
            code="has_applications",
        )

    @classmethod
    def not_open_yet(cls) -> DrawRefused:
        return cls(_("Applications for the draw are not open yet."), code="not_open")

    @classmethod
    def is_over(cls) -> DrawRefused:
        return cls(_("Applications for the draw are closed."), code="draw_over")


class PlacesFree(BookingError):
    """Someone asked for the waiting list while a place is free."""

    def __init__(self) -> None:
        super().__init__(
            _("A place is free right now, so you can book it at once."), code="free"
        )


class MoreThanCapacity(BookingError):
    """More people stand together than there are places at all."""

    def __init__(self, capacity: int) -> None:
        super().__init__(
            _("There are only %(capacity)s places here at all.")
            % {"capacity": to_reader_digits(str(capacity))},
            code="more_than_capacity",
        )


class AlreadyBooked(BookingError):
    """The person stands in this offering already."""

    def __init__(self) -> None:
        super().__init__(
            _("This person already has a place or a turn here."), code="already_booked"
        )


class CancelTooLate(BookingError):
    """The window for cancelling alone is over."""

    def __init__(self) -> None:
        super().__init__(
            _("It is too late to cancel here. Please call the centre."),
            code="too_late",
        )


class OfferGone(BookingError):
    """The offer was taken, declined, withdrawn, or its time ran out."""

    def __init__(self) -> None:
        super().__init__(_("This offer is no longer open."), code="offer_gone")


class LineActRefused(BookingError):
    """An act on the waiting list that its rules do not have."""

    @classmethod
    def no_reason(cls) -> LineActRefused:
        return cls(_("Write the reason; the person is told."), code="no_reason")

    @classmethod
    def not_later(cls) -> LineActRefused:
        return cls(_("The new deadline must be later than the old one."), code="until")

    @classmethod
    def too_near(cls) -> LineActRefused:
        return cls(
            _("The deadline must end at least an hour before the start."), code="until"
        )

    @classmethod
    def is_offered(cls) -> LineActRefused:
        return cls(
            _("Places are offered to you right now. Please answer the offer first."),
            code="offered",
        )


class CapacityBelowTaken(BookingError):
    """The capacity would fall below the places that are taken."""

    def __init__(self, taken: int) -> None:
        super().__init__(
            _("The capacity cannot be lower than the %(taken)s places already taken.")
            % {"taken": to_reader_digits(str(taken))},
            code="below_taken",
        )


class Overlapping(BookingError):
    """The person has something else at that time; the booker may say that it is meant.

    `words` name the other bookings.
    """

    def __init__(self, words: str) -> None:
        super().__init__(words, code="own_overlap")


class ApprovalNeeded(BookingError):
    """The staff decide about this place, and the booker was not told so before.

    `reasons` are codes of ApprovalReason.
    """

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(
            _("The centre decides about this place. Read the note and send it again."),
            code="approval_needed",
        )
        self.reasons = reasons


class DecisionTooLate(BookingError):
    """A request was decided, cancelled, or its deadline passed meanwhile."""

    def __init__(self, state: object) -> None:
        super().__init__(
            _("Nothing is left to decide here. The request is now: %(state)s.")
            % {"state": state},
            code="decided",
        )


class ReasonNeeded(BookingError):
    """A decision against somebody, or a correction, comes without its reason."""

    def __init__(self) -> None:
        super().__init__(_("Write the reason; the person reads it."), code="no_reason")


class NotOver(BookingError):
    """An end was written of something that has not begun."""

    def __init__(self) -> None:
        super().__init__(_("This has not begun yet."), code="not_over")


class WrongTransition(BookingError):
    """A state change that the table of life cycles does not have."""


class TimeTaken(BookingError):
    """A person, room or machine is taken in that time.

    `resource_id` and `block_id` tell what collided with what; `next_free_at` is the
    next start that would fit, when one was found.
    """

    def __init__(
        self,
        message: object,
        *,
        resource_id: int,
        block_id: int | None = None,
        next_free_at: dt.datetime | None = None,
    ) -> None:
        super().__init__(message, code="time_taken")
        self.resource_id = resource_id
        self.block_id = block_id
        self.next_free_at = next_free_at
