"""Finding a booking without signing in."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.services.places import REFERENCE_ALPHABET, REFERENCE_LENGTH
from persian.forms import CleanCharField, MobileField
from persian.text import to_latin_digits


class FindForm(forms.Form):
    """The reference of the SMS, and the number that the booking was made with."""

    reference = CleanCharField(
        label=_("Reference"),
        max_length=20,
        help_text=_("Six letters and digits; they are in the SMS of the booking."),
        widget=forms.TextInput(
            attrs={"dir": "ltr", "autocomplete": "off", "autocapitalize": "characters"}
        ),
    )
    phone = MobileField(label=_("Mobile number of the booking"))

    def clean_reference(self) -> str:
        """Upper case without blanks; raises ValidationError for an impossible one."""
        typed = to_latin_digits(self.cleaned_data["reference"]).upper()
        reference = "".join(typed.replace("-", " ").split())
        is_right = len(reference) == REFERENCE_LENGTH and not (
            set(reference) - set(REFERENCE_ALPHABET)
        )
        if not is_right:
            raise ValidationError(
                gettext("The reference has six letters and digits, such as 7KQ2MW."),
                "reference",
            )
        return reference
