"""Who comes on a place, and to which run it moves: one input each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.applicant_forms import OTHER, ApplicantForm
from accounts.models import Person
from courses.models import CourseRun
from courses.services.naming import Newcomer
from persian.forms import CleanCharField, MobileField
from persian.jalali import format_date
from persian.text import to_reader_digits


class NameForm(ApplicantForm):
    """The booker writes who comes; nothing is asked that is known."""

    consent = forms.BooleanField(
        label=_(
            "I agree that the centre keeps this information for the booking"
            " and sends SMS about it."
        ),
        required=False,
    )
    is_woman = forms.BooleanField(label=_("This person is a woman"), required=False)

    def __init__(
        self,
        *args: Any,
        person: Person | None,
        run: CourseRun,
        holder: Person | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, person=person, **kwargs)
        self.initial.setdefault("who", OTHER)
        if holder is not None and holder == person:
            # Whose place it is already cannot be given it.
            self.fields["who"].choices = [  # type: ignore[attr-defined]
                (OTHER, gettext("For another person"))
            ]
            self.fields["who"].widget = forms.HiddenInput()
        self.fields["who"].label = gettext("Who comes?")
        if self.knows_consent:
            self.fields["consent"].label = gettext(
                "The other person agrees that the centre keeps this information"
                " for the booking and sends SMS about it."
            )
        women = ["is_woman"] if run.is_women_only else []
        self.helper = self.new_helper(*self.own_parts, *self.who_parts, *women)

    def newcomer(self) -> Newcomer:
        """What the services need, of a valid form."""
        return Newcomer(**self.told(), is_woman=self.cleaned_data["is_woman"])


class CentreNameForm(forms.Form):
    """Reception writes who comes, for the booker who calls or stands there."""

    name = CleanCharField(
        label=_("Name and surname"),
        max_length=120,
        min_length=2,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = MobileField(
        label=_("Mobile of that person"),
        required=False,
        help_text=_("Empty: messages go to the number of the booker."),
    )
    is_woman = forms.BooleanField(label=_("This person is a woman"), required=False)

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not run.is_women_only:
            del self.fields["is_woman"]


class CentreMoveForm(forms.Form):
    """Another run of the course, and why; everyone is told."""

    run = forms.ModelChoiceField(
        label=_("To which run?"),
        queryset=CourseRun.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
    )
    reason = CleanCharField(label=_("Reason"), max_length=120)

    def __init__(self, *args: Any, runs: list[CourseRun], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["run"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = CourseRun.objects.filter(pk__in=[run.pk for run in runs])
        words = {run.pk: run_words(run) for run in runs}
        field.label_from_instance = lambda run: words[run.pk]  # type: ignore[method-assign,assignment]


def run_words(run: CourseRun) -> str:
    """A run in one line: when it starts, its hours, how many places are left."""
    start = format_date(run.first_session_at, weekday=True)
    left = gettext("%(left)s places left") % {
        "left": to_reader_digits(str(run.places_left))
    }
    return f"{start} · {run.clock_text} · {left}"
