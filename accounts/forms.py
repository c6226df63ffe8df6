"""Forms of signing in and of one's own data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import codes, services
from accounts.exceptions import AccountsError
from accounts.models import Gender, Person, User
from accounts.widgets import CodeInput
from persian.forms import CleanCharField, CodeField, IntegerField, MobileField
from persian.jalali import to_jalali, today
from persian.text import search_key

YOUNGEST = 7
OLDEST = 110


class TeachersField(forms.ModelMultipleChoiceField):
    """Instructors or consultants by their names in the reader's language."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return obj.public_name


class PhoneForm(forms.Form):
    """The one door: a known number and a new one get the same answer."""

    phone = MobileField(label=_("Mobile number"))
    # Read by allauth's view: the sign-in whose code is sent.
    _user: User | None = None

    def clean_phone(self) -> str:
        """Find the sign-in, or make one that holds nothing but the number."""
        phone: str = self.cleaned_data["phone"]
        user = services.find_or_create_user(phone=phone, now=timezone.now())
        self._user = user if user.is_active else None
        return phone


class CodeForm(forms.Form):
    """The code of an SMS. `code` is the nonce that it belongs to."""

    code = CodeField(
        label=_("Six digits"),
        length=codes.DIGITS,
        widget=CodeInput({"maxlength": codes.DIGITS, "data-code": codes.DIGITS}),
    )

    def __init__(self, *args: Any, code: str, phone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.nonce, self.phone = code, phone

    def clean_code(self) -> str:
        """Raises ValidationError: incorrect_code, or too_many_guesses."""
        typed: str = self.cleaned_data["code"]
        try:
            right = codes.is_right(
                nonce=self.nonce, phone=self.phone, typed=typed, now=timezone.now()
            )
        except AccountsError as error:
            raise ValidationError(str(error), error.code) from error
        if not right:
            raise ValidationError(
                gettext("This code is not right. Look at the newest SMS."),
                "incorrect_code",
            )
        return typed

    @property
    def was_a_guess(self) -> bool:
        """Whether six digits were typed, so that the try counts."""
        counted = ("incorrect_code", "too_many_guesses")
        return any(self.has_error("code", code) for code in counted)


class StaffForm(forms.Form):
    """Number and password of staff; the second factor comes on the next page."""

    phone = MobileField(label=_("Mobile number"))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "current-password", "dir": "ltr"}
        ),
    )


class NameForm(forms.Form):
    """What a first visit asks."""

    name = CleanCharField(
        label=_("First and last name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    is_agreed = forms.BooleanField(
        label=_(
            "I agree that the centre keeps my name and number to manage my bookings."
        ),
        error_messages={"required": _("Without this we cannot book anything.")},
    )

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])


def checked_name(name: str) -> str:
    """The name when it holds at least two letters; raises ValidationError."""
    letters = search_key(name)
    if len(letters) < 2 or letters.isdigit():
        raise ValidationError(gettext("Write the first and the last name."), "no_name")
    return name


NOBODY = "none"


class ClaimForm(forms.Form):
    """«Is it you?», for persons whom others registered with this number."""

    person = forms.ChoiceField(label=_("Who are you?"), widget=forms.RadioSelect)
    is_agreed = forms.BooleanField(
        label=_(
            "I agree that the centre keeps my name and number to manage my bookings."
        ),
        required=False,
    )

    def __init__(self, *args: Any, persons: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.persons = {str(person.pk): person for person in persons}
        choices: list[tuple[str, Any]] = [
            (pk, gettext("Yes, I am %(name)s") % {"name": person.name})
            for pk, person in self.persons.items()
        ]
        choices.append((NOBODY, _("No, I am somebody else")))
        field = self.fields["person"]
        field.choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("person") in self.persons and not data.get("is_agreed"):
            self.add_error(
                "is_agreed", gettext("Without this we cannot book anything.")
            )
        return data

    @property
    def claimed(self) -> Person | None:
        """The person that was said yes to; None for «somebody else»."""
        return self.persons.get(self.cleaned_data["person"])


class ProfileForm(forms.Form):
    """One's own name, language and choices; what is optional says so."""

    name = CleanCharField(
        label=_("First and last name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language of messages and pages"), choices=settings.LANGUAGES
    )
    wants_reminders = forms.BooleanField(
        label=_("Remind me by SMS before classes and appointments"), required=False
    )
    wants_news = forms.BooleanField(
        label=_("Tell me by SMS about new courses"), required=False
    )
    email = forms.EmailField(
        label=_("E-mail (optional)"),
        required=False,
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "email"}),
    )
    wants_invitations = forms.BooleanField(
        label=_("Send an invitation by e-mail for each class session"),
        help_text=_("For calendars that take invitations; they follow every change."),
        required=False,
    )
    firm_name = CleanCharField(
        label=_("Workshop or company (optional)"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    job = CleanCharField(
        label=_("Your work (optional)"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    birth_year = IntegerField(label=_("Birth year, Jalali (optional)"), required=False)
    gender = forms.ChoiceField(
        label=_("Gender (optional)"), choices=Gender.choices, required=False
    )

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("wants_invitations") and "email" in data and not data["email"]:
            self.add_error("email", _("Invitations need an e-mail address."))
        return data

    def clean_birth_year(self) -> int | None:
        return checked_birth_year(self.cleaned_data["birth_year"])

    @staticmethod
    def initial_of(person: Person) -> dict[str, Any]:
        """What the form shows first."""
        names = (
            *("name", "language", "wants_reminders", "wants_news", "email", "job"),
            "wants_invitations",
        )
        return {
            **{name: getattr(person, name) for name in names},
            "firm_name": person.firm.name if person.firm else "",
            "birth_year": person.birth_year,
            "gender": person.gender,
        }


def checked_birth_year(year: int | None) -> int | None:
    """A Jalali year in which somebody may be born who comes here.

    Two digits are read as 13xx. Raises ValidationError.
    """
    if year is None:
        return None
    if 0 <= year < 100:
        year += 1300
    this_year = to_jalali(today())[0]
    if not this_year - OLDEST <= year <= this_year - YOUNGEST:
        raise ValidationError(
            gettext("Write the year of birth in the Jalali calendar, such as 1375."),
            "birth_year",
        )
    return year


class NewPhoneForm(forms.Form):
    """The number to sign in with from now on."""

    phone = MobileField(label=_("New mobile number"))

    def __init__(self, *args: Any, current: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = current

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if phone == self.current:
            raise ValidationError(
                gettext("This is the number that you already use."), "same_number"
            )
        return phone
