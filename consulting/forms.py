"""The shape of the intake form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crispy_forms.layout import Div, Field
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.applicant_forms import ME, ApplicantForm
from accounts.applicants import Applicant
from accounts.models import Person
from consulting.addresses import read_moment, write_moment
from consulting.models import IntakeQuestion, Service
from consulting.slots import Slot
from persian.forms import CleanCharField
from persian.jalali import format_datetime


class TimeChoiceField(forms.ChoiceField):
    """Any time may be asked for, because the service knows which ones are free.

    The second tap of a form asks for the time that the first one has just taken.
    """

    def valid_value(self, value: str) -> bool:
        return read_moment(value) is not None


class IntakeForm(ApplicantForm):
    """Who comes, and what the consultant wants to know; nothing known is asked."""

    at = TimeChoiceField(
        label=_("Choose another time"), widget=forms.RadioSelect, required=False
    )
    who = forms.ChoiceField(
        label=_("Who has the consultation?"), widget=forms.RadioSelect, initial=ME
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
        super().__init__(*args, person=person, **kwargs)
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
        at = [Div(Field("at"), css_class="choices")] if self.others else []
        asked = [f"q{question.pk}" for question in self.questions]
        self.helper = self.new_helper(*at, *self.own_parts, *asked, *self.who_parts)

    def applicant(self) -> Applicant:
        """What the services need of a valid form."""
        return Applicant(**self.told())

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
