"""The shape of the booking form."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML
from django import forms
from django.utils.html import escape
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.applicant_forms import ME, OTHER, ApplicantForm
from accounts.forms import checked_birth_year
from accounts.models import Gender, Person, User
from courses.forms_party import PartyFields
from courses.models import CourseRun
from courses.services.applications import CourseApplicant
from persian.forms import CleanCharField, IntegerField
from persian.text import search_key, to_reader_digits

GENDERS = [(Gender.WOMAN, _("Woman")), (Gender.MAN, _("Man"))]
# The id of the list of known names on the page.
FIRMS_LIST = "firm-names"


class ApplicationForm(PartyFields, ApplicantForm):
    """Who comes to the run; short, and nothing is asked that is known.

    `places` says for how many; `may_name_later` whether names may be left empty.
    """

    who = forms.ChoiceField(
        label=_("For whom is this place?"), widget=forms.RadioSelect, initial=ME
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
        label=_("Birth year (Jalali, such as 1370)"), required=False
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
        label=_(
            "I agree that the centre keeps this information for the booking"
            " and sends SMS about it."
        ),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        user: User,
        person: Person | None,
        run: CourseRun,
        places: int = 1,
        may_name_later: bool = True,
        may_be_several: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, person=person, **kwargs)
        self.user, self.run = user, run
        self.places, self.may_name_later = places, may_name_later
        self.may_be_several = may_be_several
        self.add_party_fields()
        if places > 1:
            self._ask_for_several()
        if person is not None:
            self.initial.setdefault("firm", person.firm.name if person.firm else "")
        if self.knows_consent and places == 1:
            self.fields["consent"].label = gettext(
                "The other person agrees that the centre keeps this information"
                " for the booking and sends SMS about it."
            )
        self._ask_gender()
        self.helper = self._helper()

    def _ask_for_several(self) -> None:
        mine = gettext("I am one of them")
        if self.person is not None:
            mine = gettext("I am one of them (%(name)s)") % {"name": self.person.name}
        self.fields["who"].label = gettext("For whom are these places?")
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            (ME, mine),
            (OTHER, gettext("All are for others")),
        ]
        self.fields["name"].label = gettext("Name and surname of person %(number)s") % {
            "number": to_reader_digits("1")
        }
        if self.knows_consent:
            self.fields["consent"].label = gettext("The others agree")

    def _ask_gender(self) -> None:
        """Only a run for women needs it; otherwise it is an optional question."""
        if not self.run.is_women_only:
            return
        known = self.person.gender if self.person else ""
        self.initial.setdefault("gender", known)
        self.fields["gender"].help_text = _("This run is for women only.")

    def _helper(self) -> FormHelper:
        gender = ["gender"] if self.run.is_women_only else []
        optional = ["birth_year", "job"] if gender else ["birth_year", "gender", "job"]
        more = gettext("More about the person (optional)")
        return self.new_helper(
            self.places_part,
            *self.own_parts,
            *self.who_parts,
            self.further_parts,
            "firm",
            "no_firm",
            *gender,
            # A reason inside a closed part would not be seen.
            HTML(
                "<details class='mb-3'{% if form.birth_year.errors"
                " or form.gender.errors or form.job.errors %} open{% endif %}>"
                f"<summary>{escape(more)}</summary>"
            ),
            *optional,
            HTML("</details>"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("firm") and not data.get("no_firm") and "firm" in data:
            self.add_error(
                "firm", _("Write the workshop, or tick “I have no workshop”.")
            )
        self.check_companions(self._first())
        if self.run.is_women_only and not self.is_later and not data.get("gender"):
            self.add_error("gender", _("Please choose; this run is for women only."))
        return data

    @property
    def is_about_one(self) -> bool:
        return self.places == 1

    @property
    def is_later(self) -> bool:
        """Whether even the first person is named later."""
        is_nobody = not self.is_for_me and not self.cleaned_data.get("name")
        return self.places > 1 and self.may_name_later and is_nobody

    def needs_name(self, data: dict[str, Any]) -> bool:
        may_wait = self.places > 1 and self.may_name_later
        return super().needs_name(data) and not may_wait

    def needs_consent_of(self, data: dict[str, Any]) -> bool:
        """The others agree when anyone of them is named."""
        others = bool(self.named()) or (not self.is_for_me and not self.is_later)
        return not self.knows_consent or others

    def _first(self) -> tuple[str, str] | None:
        if not self.is_for_me:
            name = self.cleaned_data.get("name", "")
            return (search_key(name), self.cleaned_data.get("phone", ""))
        return None

    def clean_birth_year(self) -> int | None:
        return checked_birth_year(self.cleaned_data["birth_year"])

    def applicant(self) -> CourseApplicant:
        """What the services need, of a valid form."""
        data = self.cleaned_data
        return CourseApplicant(
            **self.told(),
            is_later=self.is_later,
            companions=self.companions(),
            all_women=data.get("all_women", False),
            firm_name="" if data["no_firm"] else data["firm"],
            has_no_firm=data["no_firm"],
            birth_year=data["birth_year"],
            gender=data["gender"],
            job=data["job"],
            statement=data["statement"],
        )
