"""What every booking form asks about the person who comes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Layout
from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.applicants import needs_consent
from accounts.models import Person
from persian.forms import CleanCharField, MobileField

ME, OTHER = "me", "other"


class ApplicantForm(forms.Form):
    """Who comes; nothing is asked that is known. Each app adds its own questions.

    `person` is the booker's, None for one whose name nobody knows yet.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    own_name = CleanCharField(
        label=_("Your name and surname"),
        max_length=120,
        min_length=2,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    who = forms.ChoiceField(widget=forms.RadioSelect, initial=ME)
    name = CleanCharField(
        label=_("Name and surname of that person"),
        max_length=120,
        min_length=2,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = MobileField(
        label=_("Mobile of that person"),
        required=False,
        help_text=_("Messages go there too. Leave it empty if they have no mobile."),
    )
    consent = forms.BooleanField(required=False)
    # What the form has said of the staff's approval, so that nobody asks unawares.
    told_needs = forms.CharField(widget=forms.HiddenInput, required=False)
    statement = CleanCharField(
        label=_("A word to the centre (optional)"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    overlap_ok = forms.BooleanField(
        label=_("I know. Book it although the times overlap."), required=False
    )

    def __init__(self, *args: Any, person: Person | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.knows_consent = not needs_consent(person)
        # Empty until there is something to warn of.
        self.overlap_part = Layout()
        self.needs_part = Layout()
        # Reasons for asking the staff that were found when the form was sent.
        self.new_reasons: tuple[str, ...] = ()
        self.initial.setdefault("key", uuid.uuid4())
        mine = gettext("For myself")
        if person is not None:
            mine = gettext("For myself (%(name)s)") % {"name": person.name}
            del self.fields["own_name"]
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            (ME, mine),
            (OTHER, _("For another person")),
        ]

    @property
    def is_about_one(self) -> bool:
        """Whether only one person comes: then «for myself» means nobody else."""
        return True

    @property
    def own_parts(self) -> list[str]:
        """The layout of the booker's name; nothing when it is known."""
        return ["own_name"] if "own_name" in self.fields else []

    @property
    def who_parts(self) -> list[Div]:
        """The layout of the choice of a person, and of the other one's facts."""
        return [
            Div(Field("who"), css_class="choices"),
            Div("name", "phone", css_class="for-other"),
        ]

    def new_helper(self, *parts: Any) -> FormHelper:
        """The layout of the whole form around these parts."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        waits = self.knows_consent and self.is_about_one
        consent_class = "consent for-other" if waits else "consent"
        helper.layout = Layout(
            "key",
            *parts,
            self.needs_part,
            Div("consent", css_class=consent_class),
            self.overlap_part,
        )
        return helper

    def warn_of_overlap(self, words: str) -> None:
        """Name the other booking and let the person say that it is meant."""
        self.overlap_part.fields = [
            HTML(
                render_to_string(
                    "components/note.html", {"tone": "warn", "text": words}
                )
            ),
            Div("overlap_ok", css_class="consent"),
        ]

    def refuse_overlap(self, words: str) -> None:
        """As `warn_of_overlap`, after the form was sent without the tick."""
        self.warn_of_overlap(words)
        self.add_error(
            "overlap_ok", _("Tick this to book it anyway, or choose another time.")
        )

    @property
    def posted_needs(self) -> list[str]:
        """The reasons for asking the staff that this form has shown."""
        return str(self.data.get("told_needs", "")).split()

    def tell_needs(
        self, reasons: Sequence[str], words: Sequence[str], *, asks: str = ""
    ) -> None:
        """Say that the staff decide, why and until when, before the form is sent.

        `asks` is the question that the person answers for them, instead of an optional
        word.
        """
        note = {"tone": "warn", "title": _("The centre decides first"), "lines": words}
        self.needs_part.fields = [
            HTML(render_to_string("components/note_list.html", note)),
            "statement",
            "told_needs",
        ]
        if asks:
            self.fields["statement"].label = asks
        self.initial["told_needs"] = " ".join(reasons)
        if self.is_bound:
            data = QueryDict(mutable=True)
            data.update(self.data)
            data["told_needs"] = " ".join(reasons)
            self.data = data

    @property
    def is_for_me(self) -> bool:
        return self.cleaned_data.get("who") == ME

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.needs_name(data) and not data.get("name") and "name" in data:
            self.add_error("name", _("Write the name of the person."))
        if self.needs_consent_of(data) and not data.get("consent"):
            self.add_error(
                "consent", _("Without your consent we may not keep the booking.")
            )
        return data

    def needs_name(self, data: dict[str, Any]) -> bool:
        """Whether the name of another person has to be written now."""
        return data.get("who") == OTHER

    def needs_consent_of(self, data: dict[str, Any]) -> bool:
        """Whether somebody of the form has not agreed yet."""
        return data.get("who") == OTHER or not self.knows_consent

    def told(self) -> dict[str, Any]:
        """The values of an `Applicant`, of a valid form."""
        data, is_self = self.cleaned_data, self.is_for_me
        return {
            "is_self": is_self,
            "own_name": data.get("own_name", ""),
            "name": "" if is_self else data["name"],
            "phone": "" if is_self else data["phone"],
            "gives_consent": data["consent"],
            "language": "en" if (get_language() or "").startswith("en") else "fa",
        }
