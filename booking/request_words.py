"""What is said before somebody asks for a place about which the staff decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from booking.models import ApprovalReason
from booking.services import no_shows
from booking.services.needs import deadline
from persian.jalali import format_date, format_datetime, format_time, weekday_name
from persian.text import to_reader_digits


def known_reasons(codes: Iterable[str]) -> tuple[str, ...]:
    """Those of the codes that are reasons; a form may bring anything."""
    return tuple(code for code in codes if code in ApprovalReason.values)


def no_show_words(person: Person | None, now: dt.datetime) -> str:
    """Why the staff decide after no-shows; the days are named to the person alone."""
    if person is None:
        return _(
            "This person did not come to earlier bookings, so the centre decides about"
            " this one."
        )
    days = [
        format_date(missed.offering.starts_at, year=False)
        for missed in no_shows.counted(person, now).select_related("offering")
        if missed.offering.starts_at is not None
    ]
    words = ngettext(
        "You did not come once within a year (%(days)s), so the centre decides about"
        " this booking. Once you come to it, everything is as before.",
        "You did not come %(n)s times within a year (%(days)s), so the centre decides"
        " about this booking. Once you come to it, everything is as before.",
        len(days),
    ) % {"n": len(days), "days": _(", ").join(days)}
    return to_reader_digits(words)


def after_no_show_words(person: Person) -> str:
    """What follows for somebody who did not come, short enough for an SMS."""
    now, limit = timezone.now(), settings.HIDAJ_NO_SHOWS_BEFORE_APPROVAL
    if no_shows.needs_approval(person, now):
        return _("The centre decides about your next booking.")
    words = ngettext(
        "After %(n)s time the centre decides first.",
        "After %(n)s times the centre decides first.",
        limit,
    )
    return to_reader_digits(words % {"n": limit})


def moment_words(moment: dt.datetime) -> str:
    """A deadline of the next days in an SMS: the weekday and the hour."""
    return _("%(day)s at %(time)s") % {
        "day": weekday_name(moment),
        "time": format_time(moment),
    }


def answer_words(now: dt.datetime, starts_at: dt.datetime | None) -> str:
    """Until when an answer comes to a request made now."""
    return _(
        "Your place is kept meanwhile. We answer by SMS until %(moment)s at the latest."
    ) % {"moment": format_datetime(deadline(now, starts_at))}


def answer_rule() -> str:
    """As `answer_words`, for requests that are made at some other time."""
    hours = settings.HIDAJ_APPROVAL_HOURS
    words = ngettext(
        "Your place is kept meanwhile. We answer by SMS within %(days)s day, and"
        " before the start.",
        "Your place is kept meanwhile. We answer by SMS within %(days)s days, and"
        " before the start.",
        hours // 24,
    )
    return to_reader_digits(words % {"days": hours // 24})
