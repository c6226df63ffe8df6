"""What a list of bookings holds: its columns and the cells of one booking.

A cell is a text, a whole number, or the ISO form of a date; "" and None are empty.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from booking.models import Reservation
from persian.jalali import to_jalali
from persian.phones import display_phone

Cell = str | int | None


class Content(Enum):
    """What the cells of a column are to a spreadsheet."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True)
class Column:
    """One column; `width` in characters."""

    title: Promise
    cell: Callable[[Reservation], Cell]
    content: Content = Content.TEXT
    width: int = 16


def _person(booking: Reservation, field: str) -> str:
    return str(getattr(booking.person, field) or "") if booking.person else ""


def phone_text(phone: str) -> str:
    """A number in groups, so that no spreadsheet takes it for an amount."""
    with translation.override("en"):
        return display_phone(phone) if phone else ""


def _booker(booking: Reservation) -> str:
    booker = booking.party.booked_by
    person: Person | None = getattr(booker, "person", None)
    return person.name if person else phone_text(booker.phone)


def day_of(moment: dt.datetime | None) -> dt.date | None:
    """The day on the wall calendar of the centre."""
    return timezone.localdate(moment) if moment else None


def jalali_text(moment: dt.datetime | None) -> str:
    """1405-09-07: it sorts as text, too."""
    day = day_of(moment)
    return "{:04}-{:02}-{:02}".format(*to_jalali(day)) if day else ""


def _iso(moment: dt.datetime | None) -> str:
    day = day_of(moment)
    return day.isoformat() if day else ""


def _starts_at(booking: Reservation) -> dt.datetime:
    starts_at: dt.datetime = booking.offering.course_run.first_session_at
    return starts_at


COLUMNS = (
    Column(_("Course"), lambda b: b.offering.course_run.title, width=30),
    Column(_("Run"), lambda b: b.offering.course_run.code, width=14),
    Column(_("First class (Jalali)"), lambda b: jalali_text(_starts_at(b))),
    Column(_("First class (Gregorian)"), lambda b: _iso(_starts_at(b)), Content.DATE),
    Column(_("Name"), lambda b: _person(b, "name"), width=24),
    Column(_("Mobile"), lambda b: phone_text(_person(b, "contact_phone"))),
    Column(_("Workshop"), lambda b: _person(b, "firm"), width=22),
    Column(_("Reference"), lambda b: b.party.reference, width=11),
    Column(_("State"), lambda b: str(b.get_state_display()), width=18),
    Column(_("Why it ended"), lambda b: b.end_words, width=24),
    Column(_("Booked by"), _booker, width=24),
    Column(_("Booked on (Jalali)"), lambda b: jalali_text(b.created_at)),
    Column(_("Booked on (Gregorian)"), lambda b: _iso(b.created_at), Content.DATE),
    Column(_("Fee (rial)"), lambda b: b.fee_rial, Content.NUMBER),
    Column(_("Support (%)"), lambda b: b.support_percent, Content.NUMBER),
    Column(_("To pay (rial)"), lambda b: b.price_rial, Content.NUMBER),
)


def cells_of(booking: Reservation) -> list[Cell]:
    """One row of the list, in the reader's language."""
    return [column.cell(booking) for column in COLUMNS]
