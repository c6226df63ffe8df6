"""What a list of bookings shall hold, and in which form."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from persian.forms import JalaliDateField

CHOICES = [
    ("xlsx", _("Spreadsheet (.xlsx)")),
    ("csv", _("Plain text (.csv)")),
]
LONGEST = dt.timedelta(days=2 * 366)


class ExportForm(forms.Form):
    """The form in which a list is kept."""

    form = forms.ChoiceField(label=_("File"), choices=CHOICES)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class PeriodExportForm(ExportForm):
    """Runs that begin in a period; both days are included."""

    since = JalaliDateField(label=_("First class from"))
    until = JalaliDateField(label=_("First class until"))

    field_order = ("since", "until", "form", "key")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            raise ValidationError(
                {"until": _("This day is before the first one.")}, code="order"
            )
        if since and until and until - since > LONGEST:
            raise ValidationError(
                {"until": _("Two years are the most at once.")}, code="long"
            )
        return cleaned
