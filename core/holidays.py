"""The table of holidays: imported from a package, confirmed by staff."""

from __future__ import annotations

import datetime as dt

import holidays
from django.db.models import Q
from django.utils.translation import gettext as _

from core.exceptions import HidajError
from core.models import Holiday, HolidayKind, HolidayStatus
from core.transactions import atomic_retrying
from persian.text import clean

# The package knows the lunar calendar for certain only to the end of 2026; a later
# lunar day carries this word and may be one day off.
ESTIMATED_FA = "(تخمینی)"


def import_public_holidays(*, first_year: int, last_year: int) -> int:
    """Add Iran's public holidays of these Gregorian years; returns how many are new.

    Rows that staff changed or confirmed are left alone.
    """
    years = range(first_year, last_year + 1)
    titles_fa = holidays.country_holidays("IR", years=years, language="fa_IR")
    titles_en = holidays.country_holidays("IR", years=years, language="en_US")
    return sum(
        _add(on, title, titles_en.get(on, "")) for on, title in titles_fa.items()
    )


def _add(on: dt.date, title_fa: str, title_en: str) -> bool:
    known = Holiday.objects.filter(kind=HolidayKind.PUBLIC)
    if known.filter(Q(on=on) | Q(imported_on=on)).exists():
        return False
    status = HolidayStatus.CONFIRMED
    if ESTIMATED_FA in title_fa:
        status = HolidayStatus.ESTIMATED
    _holiday, is_new = Holiday.objects.get_or_create(
        on=on,
        title_fa=clean(title_fa.replace(ESTIMATED_FA, ""))[:120],
        defaults={
            "kind": HolidayKind.PUBLIC,
            "title_en": title_en.replace("(estimated)", "").strip()[:120],
            "status": status,
        },
    )
    return is_new


@atomic_retrying
def confirm_holiday(*, holiday_id: int, on: dt.date) -> Holiday:
    """The official calendar has this day, perhaps on another date than estimated.

    Raises HidajError when that date has the same holiday already.
    """
    holiday = Holiday.objects.get(pk=holiday_id)
    others = Holiday.objects.exclude(pk=holiday_id)
    if others.filter(on=on, title_fa=holiday.title_fa).exists():
        raise HidajError(_("This holiday is already on that date."), code="twice")
    if on != holiday.on and holiday.imported_on is None:
        holiday.imported_on = holiday.on
    holiday.on, holiday.status = on, HolidayStatus.CONFIRMED
    holiday.save(update_fields=["on", "imported_on", "status"])
    return holiday


@atomic_retrying
def add_closed_day(
    *, on: dt.date, title_fa: str, title_en: str, kind: HolidayKind
) -> Holiday:
    """A day of the centre's own on which nothing is planned; planned dates stay."""
    holiday, _is_new = Holiday.objects.get_or_create(
        on=on, title_fa=title_fa, defaults={"title_en": title_en, "kind": kind}
    )
    return holiday


@atomic_retrying
def remove_closed_day(*, holiday_id: int) -> None:
    """Take a day of the centre's own out; raises HidajError for a public holiday."""
    holiday = Holiday.objects.get(pk=holiday_id)
    if holiday.kind == HolidayKind.PUBLIC:
        raise HidajError(
            _("A public holiday stays in the table."), code="public_holiday"
        )
    holiday.delete()
