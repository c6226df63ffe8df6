"""Several places in one booking form: how many, and who comes with the first one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crispy_forms.layout import HTML, Div, Layout
from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.html import escape
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from courses.models import Approval, CourseRun
from courses.services.applications import Companion
from persian.forms import CleanCharField, MobileField
from persian.jalali import format_datetime
from persian.text import search_key, to_latin_digits, to_reader_digits


def most_places(run: CourseRun) -> int:
    """How many places of a run one booker may take at once."""
    return min(settings.HIDAJ_MAX_PARTY_SIZE, run.offering.capacity)


@dataclass(frozen=True)
class Wish:
    """How many places a form is about; `is_new` when the form shows fewer or more."""

    places: int
    is_new: bool = False


def read_wish(data: Mapping[str, Any], run: CourseRun, known: int) -> Wish:
    """The number that was chosen, of a posted form; `known` where it says nothing."""
    shown = _number(data.get("shown"), run, known)
    if "take" in data:
        return Wish(_number(data["take"], run, shown))
    if "resize" in data:
        chosen = data["resize"] or data.get("places")
        return Wish(_number(chosen, run, shown), is_new=True)
    places = _number(data.get("places"), run, shown)
    return Wish(places, is_new=places != shown)


def _number(typed: Any, run: CourseRun, otherwise: int) -> int:
    text = to_latin_digits(str(typed or "")).strip()
    number = int(text) if text.isascii() and text.isdecimal() else otherwise
    return max(1, min(number, most_places(run)))


def with_fewer(data: QueryDict, places: int) -> QueryDict:
    """The same form for fewer places: those with a name stay first."""
    fewer = data.copy()
    typed = [
        (fewer.pop(f"name_{n}", [""])[0], fewer.pop(f"phone_{n}", [""])[0])
        for n in range(2, settings.HIDAJ_MAX_PARTY_SIZE + 1)
    ]
    named = [pair for pair in typed if pair[0].strip()]
    for n, (name, phone) in enumerate(named[: places - 1], start=2):
        fewer[f"name_{n}"], fewer[f"phone_{n}"] = name, phone
    fewer["places"] = fewer["shown"] = str(places)
    return fewer


class PartyFields:
    """What a form asks of more than one place; mixed into the form of a run."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]
    places: int
    run: CourseRun

    def add_party_fields(self) -> None:
        """One name and one mobile for each further person."""
        most = most_places(self.run) if self.may_be_several else 1
        choices = [(n, _count(n)) for n in range(1, most + 1)]
        self.fields["places"] = forms.TypedChoiceField(
            label=_("How many places?"),
            choices=choices,
            coerce=int,
            initial=self.places,
            required=False,
        )
        self.fields["shown"] = forms.IntegerField(
            widget=forms.HiddenInput, initial=self.places, required=False
        )
        for n in self.further:
            label = {"number": to_reader_digits(str(n))}
            self.fields[f"name_{n}"] = CleanCharField(
                label=gettext("Name and surname of person %(number)s") % label,
                max_length=120,
                min_length=2,
                required=False,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
            self.fields[f"phone_{n}"] = MobileField(
                label=gettext("Mobile of person %(number)s (if they have one)") % label,
                required=False,
            )
        if self.further and self.run.is_women_only:
            self.fields["all_women"] = forms.BooleanField(
                label=_("All of them are women"), required=False
            )

    @property
    def further(self) -> range:
        """The numbers of the people after the first one."""
        return range(2, self.places + 1)

    @property
    def places_part(self) -> Div:
        """How many, with a button: a choice alone never sends a form (WCAG 3.2.2)."""
        if not self.may_be_several or most_places(self.run) == 1:
            return Div("shown")
        change = escape(gettext("Change how many"))
        return Div(
            "shown",
            Div("places", css_class="places-choice"),
            HTML(
                "<button class='btn btn-secondary' name='resize' value=''"
                f" formnovalidate>{change}</button>"
            ),
            css_class="places-part",
        )

    @property
    def further_parts(self) -> Layout:
        """The names of the others, and what happens with those that are left empty."""
        if not self.further:
            return Layout()
        people = [
            Div(f"name_{n}", f"phone_{n}", css_class="companion") for n in self.further
        ]
        women = ["all_women"] if "all_women" in self.fields else []
        return Layout(
            HTML(f"<p class='form-text'>{escape(self.names_rule())}</p>"),
            *people,
            *women,
        )

    def names_rule(self) -> str:
        """Whether names may wait, until when, and what comes after that."""
        until = self.run.offering.names_until_at
        if self.run.approval != Approval.NONE:
            return gettext("This run needs approval: please write all names now.")
        if not self.may_name_later or until is None:
            return gettext("The course begins soon: please write all names now.")
        return gettext(
            "You can leave names empty and write them until %(moment)s in “My"
            " bookings”. After that the places stay yours, and reception writes the"
            " names when your people come."
        ) % {"moment": format_datetime(until)}

    may_name_later: bool = True
    may_be_several: bool = False

    def named(self) -> list[int]:
        """The further people who have a name in the form."""
        return [n for n in self.further if self.cleaned_data.get(f"name_{n}")]

    def check_companions(self, first: tuple[str, str] | None) -> None:
        """Refuse missing names, a phone without a name, and one person twice."""
        seen = {first} if first else set()
        for n in self.further:
            name = self.cleaned_data.get(f"name_{n}", "")
            phone = self.cleaned_data.get(f"phone_{n}", "")
            key = (search_key(name), phone)
            if not name and (phone or not self.may_name_later):
                self._refuse(f"name_{n}", gettext("Write the name of the person."))
            elif name and key in seen:
                self._refuse(f"name_{n}", gettext("This person is here twice."))
            seen.add(key)
        if self.named() and self.cleaned_data.get("all_women") is False:
            self._refuse("all_women", gettext("This run is for women only."))

    def _refuse(self, field: str, words: str) -> None:
        if field in self.cleaned_data:
            self.add_error(field, words)  # type: ignore[attr-defined]

    def companions(self) -> tuple[Companion | None, ...]:
        """The others, in order; None is named later."""
        data = self.cleaned_data
        return tuple(
            Companion(data[f"name_{n}"], data[f"phone_{n}"])
            if data.get(f"name_{n}")
            else None
            for n in self.further
        )


def _count(n: int) -> str:
    words = ngettext("%(count)s place", "%(count)s places", n)
    return words % {"count": to_reader_digits(str(n))}
