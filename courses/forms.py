"""The shape of the booking form."""

from __future__ import annotations

import uuid
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Layout
from django import forms
from django.utils.html import escape
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Gender, Person, User
from courses.models import CourseRun
from courses.services.applications import Applicant, needs_consent
from persian.forms import CleanCharField, IntegerField, MobileField

ME, OTHER = "me", "other"
GENDERS = [(Gender.WOMAN, _("Woman")), (Gender.MAN, _("Man"))]
# The id of the list of known names on the page.
FIRMS_LIST = "firm-names"


class ApplicationForm(forms.Form):
    """Who comes to the run; short, and nothing is asked that is known."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    own_name = CleanCharField(
        label=_("Your name and surname"),
        max_length=120,
        min_length=2,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    who = forms.ChoiceField(
        label=_("For whom is this place?"), widget=forms.RadioSelect, initial=ME
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
    firm = CleanCharField(
        label=_("Workshop or firm"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": FIRMS_LIST}),
        help_text=_("Choose it from the list or write its name."),
    )
    no_firm = forms.BooleanField(label=_("I have no workshop"), required=False)
    birth_year = IntegerField(
        label=_("Birth year (Jalali, such as 1370)"),
        min_value=1300,
        max_value=1400,
        required=False,
    )
    gender = forms.ChoiceField(
        label=_("Gender"),
        choices=[("", _("Not told")), *GENDERS],
        required=False,
    )
    job = CleanCharField(
        label=_("What do you do?"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Pattern maker, stitcher …")}),
    )
    consent = forms.BooleanField(
        label=_("I agree"),
        help_text=_(
            "The centre keeps this information for the booking and sends SMS about it."
        ),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        user: User,
        person: Person | None,
        run: CourseRun,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.person, self.run = user, person, run
        self._prefill()
        if person is not None:
            del self.fields["own_name"]
        if person is not None and not needs_consent(person):
            self.fields["consent"].label = gettext("The other person agrees")
        self._ask_gender()
        self.helper = self._helper()

    def _prefill(self) -> None:
        person = self.person
        mine = gettext("For myself")
        if person is not None:
            mine = gettext("For myself (%(name)s)") % {"name": person.name}
            self.initial.setdefault("firm", person.firm.name if person.firm else "")
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            (ME, mine),
            (OTHER, _("For another person")),
        ]
        self.initial.setdefault("key", uuid.uuid4())

    def _ask_gender(self) -> None:
        """Only a run for women needs it; otherwise it is an optional question."""
        if not self.run.is_women_only:
            return
        known = self.person.gender if self.person else ""
        self.initial.setdefault("gender", known)
        self.fields["gender"].help_text = _("This run is for women only.")

    def _helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        gender = ["gender"] if self.run.is_women_only else []
        optional = ["birth_year", "job"] if gender else ["birth_year", "gender", "job"]
        own = [] if self.person else ["own_name"]
        more = gettext("More about the person (optional)")
        consent_class = "consent"
        if not needs_consent(self.person):
            consent_class += " for-other"
        helper.layout = Layout(
            "key",
            *own,
            Div(Field("who"), css_class="choices"),
            Div("name", "phone", css_class="for-other"),
            "firm",
            "no_firm",
            *gender,
            HTML(f"<details class='mb-3'><summary>{escape(more)}</summary>"),
            *optional,
            HTML("</details>"),
            Div("consent", css_class=consent_class),
        )
        return helper

    @property
    def is_for_me(self) -> bool:
        return self.cleaned_data.get("who") == ME

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("who") == OTHER and not data.get("name") and "name" in data:
            self.add_error("name", _("Write the name of the person."))
        if not data.get("firm") and not data.get("no_firm") and "firm" in data:
            self.add_error(
                "firm", _("Write the workshop, or tick “I have no workshop”.")
            )
        if self.run.is_women_only and not data.get("gender"):
            self.add_error("gender", _("Please choose; this run is for women only."))
        must_consent = data.get("who") == OTHER or needs_consent(self.person)
        if must_consent and not data.get("consent"):
            self.add_error(
                "consent", _("Without your consent we may not keep the booking.")
            )
        return data

    def applicant(self) -> Applicant:
        """What the services need, of a valid form."""
        data = self.cleaned_data
        is_self = self.is_for_me
        return Applicant(
            is_self=is_self,
            own_name=data.get("own_name", ""),
            name="" if is_self else data["name"],
            phone="" if is_self else data["phone"],
            firm_name="" if data["no_firm"] else data["firm"],
            has_no_firm=data["no_firm"],
            birth_year=data["birth_year"],
            gender=data["gender"],
            job=data["job"],
            gives_consent=data["consent"],
            language="en" if (get_language() or "").startswith("en") else "fa",
        )
