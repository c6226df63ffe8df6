"""Refusals of the consulting rules, in sentences for the person who reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from core.exceptions import HidajError
from persian.jalali import format_datetime

if TYPE_CHECKING:
    from consulting.slots import Slot


class ConsultingError(HidajError):
    """A rule of services, availability and meetings says no."""


class SlotTaken(ConsultingError):
    """The time is not free (any more); `nearest` are free ones around it."""

    def __init__(self, nearest: Sequence[Slot] = ()) -> None:
        super().__init__(
            _("That time was just taken. Please choose another one."),
            code="slot_taken",
        )
        self.nearest = list(nearest)


class TimeMoved(SlotTaken):
    """The centre moved the held hour while the form was open; `nearest` begins with it.

    `moved_to` is its new time.
    """

    def __init__(self, moved_to: Slot, nearest: Sequence[Slot] = ()) -> None:
        ConsultingError.__init__(
            self,
            _(
                "The centre has moved this hour to %(time)s meanwhile. Choose the new"
                " time or another one, and send the form again."
            )
            % {"time": format_datetime(moved_to.starts_at)},
            code="time_moved",
        )
        self.moved_to = moved_to
        self.nearest = [moved_to, *nearest]


class TooManyOpen(ConsultingError):
    """The person has as many appointments ahead as one may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            _(
                "This person already has %(limit)s appointments ahead. Another one"
                " can be booked when one of them is over or cancelled."
            )
            % {"limit": limit},
            code="too_many_open",
        )


class MoveTooLate(ConsultingError):
    """The window for moving alone is over."""

    def __init__(self) -> None:
        super().__init__(
            _("It is too late to move this here. Please call the centre."),
            code="too_late",
        )
