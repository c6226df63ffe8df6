"""The shape of the intake form."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from consulting.addresses import write_moment
from consulting.models import IntakeQuestion, Service
from consulting.services.applications import Applicant, needs_consent
from consulting.slots import Slot
from persian.forms import CleanCharField, MobileField
from persian.jalali import format_datetime

ME, OTHER = "me", "other"


class IntakeForm(forms.Form):
    """Who comes, and what the consultant wants to know; nothing known is asked."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    at = forms.ChoiceField(
        label=_("Choose another time"), widget=forms.RadioSelect, required=False
    )
    own_name = CleanCharField(
        label=_("Your name and surname"),
        max_length=120,
        min_length=2,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    who = forms.ChoiceField(
        label=_("Who has the consultation?"), widget=forms.RadioSelect, initial=ME
    )
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
    consent = forms.BooleanField(
        label=_(
            "I agree that the centre keeps this information for the booking"
            " and sends SMS about it."
        ),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        person: Person | None,
        service: Service,
        others: Sequence[Slot] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.initial.setdefault("key", uuid.uuid4())
        mine = gettext("For myself")
        if person is not None:
            mine = gettext("For myself (%(name)s)") % {"name": person.name}
            del self.fields["own_name"]
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            (ME, mine),
            (OTHER, _("For another person")),
        ]
        self.questions = list(service.questions.filter(is_active=True))
        for question in self.questions:
            self.fields[f"q{question.pk}"] = _question_field(question)
        self.offer(others)

    def offer(self, others: Sequence[Slot]) -> None:
        """Let the person choose among these times, because the first one is gone."""
        self.others = list(others)
        self.fields["at"].choices = [  # type: ignore[attr-defined]
            (write_moment(slot.starts_at), format_datetime(slot.starts_at))
            for slot in self.others
        ]
        self.helper = self._helper()

    def _helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        own = [] if self.person else ["own_name"]
        at = [Div(Field("at"), css_class="choices")] if self.others else []
        consent_class = "consent"
        if not needs_consent(self.person):
            consent_class += " for-other"
        helper.layout = Layout(
            "key",
            *at,
            *own,
            *[f"q{question.pk}" for question in self.questions],
            Div(Field("who"), css_class="choices"),
            Div("name", "phone", css_class="for-other"),
            Div("consent", css_class=consent_class),
        )
        return helper

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("who") == OTHER and not data.get("name") and "name" in data:
            self.add_error("name", _("Write the name of the person."))
        must_consent = data.get("who") == OTHER or needs_consent(self.person)
        if must_consent and not data.get("consent"):
            self.add_error(
                "consent", _("Without your consent we may not keep the booking.")
            )
        return data

    def applicant(self) -> Applicant:
        """What the services need of a valid form."""
        data = self.cleaned_data
        is_self = data["who"] == ME
        return Applicant(
            is_self=is_self,
            own_name=data.get("own_name", ""),
            name="" if is_self else data["name"],
            phone="" if is_self else data["phone"],
            gives_consent=data["consent"],
            language="en" if (get_language() or "").startswith("en") else "fa",
        )

    def answers(self) -> dict[int, str]:
        """The answers of a valid form by the key of their question."""
        return {q.pk: self.cleaned_data[f"q{q.pk}"] or "" for q in self.questions}


def _question_field(question: IntakeQuestion) -> CleanCharField:
    return CleanCharField(
        label=question.text,
        required=question.is_required,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
