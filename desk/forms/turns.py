"""What staff write about a turn in line."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.planner import to_utc
from persian.forms import JalaliDateField, TimeField


class DeadlineForm(forms.Form):
    """A later deadline for an offer, by the clock of the centre."""

    on = JalaliDateField(label=_("Date"))
    at = TimeField(label=_("Hour"))

    @property
    def until(self) -> dt.datetime:
        """The new deadline (UTC)."""
        return to_utc(self.cleaned_data["on"], self.cleaned_data["at"])
