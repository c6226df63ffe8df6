"""Days and hours that people block, and days on which the centre is closed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Holiday, HolidayKind
from persian.forms import CleanCharField, JalaliDateField, TimeField

MIDNIGHT = dt.time(0, 0)
LONGEST = dt.timedelta(days=366)


class IntervalForm(forms.Form):
    """From–to on one day, or whole days; gives aware moments of the wall clock."""

    first_on = JalaliDateField(label=_("Date"))
    last_on = JalaliDateField(
        label=_("To date"),
        required=False,
        help_text=_("Only when it is more than one day."),
    )
    whole_day = forms.BooleanField(label=_("Whole day"), required=False)
    starts = TimeField(label=_("Starts at"), required=False)
    ends = TimeField(label=_("Ends at"), required=False)
    reason = CleanCharField(label=_("Reason"), required=False, max_length=200)

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = typed.get("first_on"), typed.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _("The end must come after the start."))
        if last and first and last - first > LONGEST:
            self.add_error("last_on", _("A block may last a year at most."))
        if not typed.get("whole_day") and "starts" in typed and "ends" in typed:
            self._check_hours(typed["starts"], typed["ends"], first, last)
        if first and not self.errors and self.ends_at <= self.now:
            self.add_error("first_on", _("That time is already over."))
        return typed

    def _check_hours(
        self,
        starts: dt.time | None,
        ends: dt.time | None,
        first: dt.date | None,
        last: dt.date | None,
    ) -> None:
        if starts is None:
            self.add_error("starts", _("Write the hours, or tick “Whole day”."))
        elif ends is None:
            self.add_error("ends", _("Write the hours, or tick “Whole day”."))
        elif ends <= starts and (last is None or last == first):
            self.add_error("ends", _("The end must come after the start."))

    @property
    def starts_at(self) -> dt.datetime:
        """The start in UTC, once the form is valid."""
        typed = self.cleaned_data
        at = MIDNIGHT if typed["whole_day"] else typed["starts"]
        return _moment(typed["first_on"], at)

    @property
    def ends_at(self) -> dt.datetime:
        """The end in UTC; a whole day ends at the next midnight."""
        typed = self.cleaned_data
        last = typed["last_on"] or typed["first_on"]
        if typed["whole_day"]:
            return _moment(last + dt.timedelta(days=1), MIDNIGHT)
        return _moment(last, typed["ends"])


def _moment(on: dt.date, at: dt.time) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(on, at)).astimezone(dt.UTC)


class ClosureForm(IntervalForm):
    """Everyone reads why the centre is closed, so a reason is needed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True


class ClosedDayForm(forms.Form):
    """A day on which no class session shall be planned."""

    on = JalaliDateField(label=_("Date"))
    title_fa = CleanCharField(label=_("Title"), max_length=120)
    title_en = CleanCharField(
        label=_("Title in English"), max_length=120, required=False
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (HolidayKind.CENTRE, HolidayKind.CENTRE.label),
            (HolidayKind.PROVINCIAL, HolidayKind.PROVINCIAL.label),
        ],
    )

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        on, title = typed.get("on"), typed.get("title_fa")
        if on and title and Holiday.objects.filter(on=on, title_fa=title).exists():
            self.add_error("on", _("This day is in the table already."))
        return typed
