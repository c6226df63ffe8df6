"""The rules and the questions of the help page, in words that people can keep."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from persian.text import to_reader_digits


@dataclass(frozen=True)
class Question:
    asked: str
    answer: str


def rules() -> list[str]:
    """A few lines; the numbers are those that the system itself obeys."""
    lines = [
        _("A mobile number is enough to book; no e-mail and no password."),
        _("After the code we keep your place for %(minutes)s minutes while you write.")
        % {"minutes": settings.HIDAJ_SEAT_HOLD_MINUTES},
        _("Every booking, change and cancellation is told by SMS."),
        _("You cancel in “My bookings”; until when it is free stands on each booking."),
        _("An appointment can be moved to another free time in the same place."),
        _(
            "When a course is full you join the waiting list; the order is never"
            " changed."
        ),
        _(
            "A place that becomes free is offered for %(hours)s hours, or %(near)s"
            " hours shortly before the start."
        )
        % {
            "hours": settings.HIDAJ_OFFER_HOURS,
            "near": settings.HIDAJ_OFFER_HOURS_NEAR_START,
        },
        _("After %(times)s offers without an answer your turn ends.")
        % {"times": settings.HIDAJ_MAX_MISSED_OFFERS},
        _(
            "Who did not come %(times)s times within a year asks the centre for the"
            " next booking."
        )
        % {"times": settings.HIDAJ_NO_SHOWS_BEFORE_APPROVAL},
        _("If the centre cancels, the whole fee comes back."),
        _("Your data serve your bookings only; the sponsor sees figures, never names."),
    ]
    return [to_reader_digits(line) for line in lines]


def questions() -> list[Question]:
    """What people ask most."""
    pairs = [
        (
            _("I have no e-mail. Can I book?"),
            _(
                "Yes. Only a mobile number is needed, and you hear of everything"
                " by SMS."
            ),
        ),
        (
            _("What happens when a class is full?"),
            _(
                "Your name stays on the waiting list. When a place becomes free you get"
                " an SMS and have %(hours)s hours to accept it."
            )
            % {"hours": settings.HIDAJ_OFFER_HOURS},
        ),
        (
            _("Can I book for my worker?"),
            _(
                "Yes. Choose “for another person” while booking and write their mobile"
                " number, so that the messages reach them."
            ),
        ),
        (
            _("How do I pay the fee?"),
            _("At the reception, or card to card with the tracking number."),
        ),
        (
            _("What if the province is closed for a day?"),
            _(
                "The class of that day does not take place. We send an SMS and add a"
                " class session at the end of the course."
            ),
        ),
        (
            _("What does the certificate need?"),
            _("Eighty percent attendance and the practical test."),
        ),
        (
            _("The code does not arrive. What now?"),
            _(
                "Wait two minutes and press “Send again”. If it still does not come,"
                " call the centre: reception books for you."
            ),
        ),
    ]
    return [Question(asked, to_reader_digits(answer)) for asked, answer in pairs]
