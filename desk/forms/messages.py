"""Filters of the list of messages."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from desk.day import day_bounds
from desk.message_reasons import REASONS, reason_choices
from desk.messages import kind_choices
from notifications import kinds
from notifications.models import (
    Channel,
    OutboxMessage,
    OutboxQuerySet,
    Purpose,
    State,
)
from persian.forms import CleanCharField, JalaliDateField
from persian.text import to_latin_digits

EVERYTHING = ("", _("All"))
# More people of one name are found by their number.
MOST_PEOPLE = 50


class MessageFilterForm(forms.Form):
    """Nothing is required; what is empty or makes no sense does not narrow the list."""

    who = CleanCharField(
        label=_("Name, mobile or e-mail"),
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    why = forms.ChoiceField(label=_("Why it did not go"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    purpose = forms.ChoiceField(label=_("What it is for"), required=False)
    channel = forms.ChoiceField(label=_("Way"), required=False)
    from_on = JalaliDateField(label=_("From (day)"), required=False)
    to_on = JalaliDateField(label=_("Until (day)"), required=False)

    # Those that are seldom needed stand behind "More filters".
    MORE = ("kind", "purpose", "channel", "from_on", "to_on")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, choices in (
            ("state", State.choices),
            ("why", reason_choices()),
            ("kind", kind_choices()),
            ("purpose", Purpose.choices),
            ("channel", Channel.choices),
        ):
            self.fields[name].choices = [EVERYTHING, *choices]  # type: ignore[attr-defined]

    @property
    def has_more(self) -> bool:
        """Whether one of the filters that stand apart is in use."""
        return any(self.data.get(name) for name in self.MORE)

    def narrow(self, rows: OutboxQuerySet) -> OutboxQuerySet:
        """The rows that the filter asks for."""
        self.is_valid()
        chosen = self.cleaned_data
        for name in ("state", "kind", "channel"):
            if chosen.get(name):
                rows = rows.filter(**{name: chosen[name]})
        if chosen.get("purpose"):
            rows = rows.filter(kind__in=_kinds_of(chosen["purpose"]))
        if chosen.get("why"):
            rows = rows.filter(REASONS[chosen["why"]][1])
        rows = _between(rows, chosen.get("from_on"), chosen.get("to_on"))
        return rows.filter(_to(chosen["who"])) if chosen.get("who") else rows


def _kinds_of(purpose: str) -> list[str]:
    return [kind.name for kind in kinds.all_kinds() if kind.purpose == purpose]


def _between(
    rows: OutboxQuerySet, from_on: dt.date | None, to_on: dt.date | None
) -> OutboxQuerySet:
    """Written on these days of the centre, both of them included."""
    if from_on:
        rows = rows.filter(created_at__gte=day_bounds(from_on)[0])
    return rows.filter(created_at__lt=day_bounds(to_on)[1]) if to_on else rows


def _to(typed: str) -> Q:
    """An address, a part of a number (without 0, +98 and spaces), or a person."""
    if "@" in typed:
        return Q(recipient__icontains=typed)
    if any(letter.isalpha() for letter in typed):
        return Q(recipient__in=_addresses_of(typed))
    digits = "".join(c for c in to_latin_digits(typed) if c.isdigit())
    part = digits.removeprefix("00").removeprefix("98").lstrip("0")
    return Q(recipient__contains=part)


def _addresses_of(name: str) -> set[str]:
    """Numbers and addresses of the people who are called so."""
    people = Person.objects.matching(name).filter(erased_at=None)
    found = people.values_list("contact_phone", "user__phone", "email")[:MOST_PEOPLE]
    return {address for one in found for address in one if address}


def newest_first() -> OutboxQuerySet:
    """All messages, the newest first."""
    return OutboxMessage.objects.order_by("-created_at", "-pk")
