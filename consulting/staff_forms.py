"""What staff write: services, hours, exceptions, reasons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.forms import TeachersField
from accounts.models import Person
from booking.models import MachineKind, Room
from consulting.models import (
    ConsultantCaps,
    IntakeQuestion,
    Mode,
    Service,
    Weekday,
    WeeklyAvailability,
)
from consulting.services.availability import WeeklyHours
from consulting.services.catalogue import Question
from persian.forms import (
    CleanCharField,
    IntegerField,
    JalaliDateField,
    TimeField,
    TomanField,
)

LTR = {"dir": "ltr", "lang": "en"}
ERROR_FIELDS = {"not_in_quarters": "duration_minutes", "no_mode": "modes"}
WEEK_FROM_SATURDAY = [5, 6, 0, 1, 2, 3, 4]
EXTRA_QUESTIONS, EXTRA_HOURS = 3, 4


def _text(label: Any, **attrs: str) -> CleanCharField:
    widget = forms.Textarea(attrs={"rows": 3, **attrs})
    return CleanCharField(label=label, required=False, widget=widget)


def _number(label: Any, least: int, most: int, **kwargs: Any) -> IntegerField:
    return IntegerField(label=label, min_value=least, max_value=most, **kwargs)


class ServiceForm(forms.Form):
    """A consulting service; the service layer has the last word on what fits."""

    title_fa = CleanCharField(label=_("Title"), max_length=120)
    title_en = CleanCharField(
        label=_("Title in English"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=LTR),
    )
    problem_fa = CleanCharField(
        label=_("The problem, as people say it"), max_length=160
    )
    problem_en = CleanCharField(
        label=_("The problem in English"),
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs=LTR),
    )
    code = CleanCharField(
        label=_("Code"), max_length=20, widget=forms.TextInput(attrs=LTR)
    )
    slug = forms.SlugField(
        label=_("Address of the page"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs=LTR),
        help_text=_("Leave it empty to take it from the English title."),
    )
    is_active = forms.BooleanField(
        label=_("Can be booked"), required=False, initial=True
    )
    needs_approval = forms.BooleanField(
        label=_("Staff decide about each appointment"),
        required=False,
        help_text=_("It is asked for; its time is kept until staff decide."),
    )
    description_fa = _text(_("Description"))
    description_en = _text(_("Description in English"), **LTR)
    bring_fa = _text(_("What to bring"))
    bring_en = _text(_("What to bring, in English"), **LTR)
    duration_minutes = _number(_("Length (minutes)"), 15, 720, initial=60)
    start_step_minutes = _number(_("A start every (minutes)"), 15, 240, initial=15)
    buffer_before_minutes = _number(_("Pause before (minutes)"), 0, 240, initial=0)
    buffer_after_minutes = _number(_("Pause after (minutes)"), 0, 240, initial=15)
    notice_hours = _number(_("Bookable until (hours before)"), 0, 720, initial=24)
    horizon_days = _number(_("Bookable for (days ahead)"), 1, 365, initial=30)
    cancel_notice_hours = _number(
        _("Free change or cancellation until (hours before)"), 0, 720, initial=24
    )
    fee_rial = TomanField(label=_("Fee (toman)"))
    support_percent = _number(_("Support (%)"), 0, 100, initial=0)
    max_people = _number(_("How many may come along"), 1, 100, initial=1)
    group_size = _number(_("Bookings in one hour"), 1, 100, initial=1)
    modes = forms.MultipleChoiceField(
        label=_("Ways to meet"),
        choices=Mode.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    travel_minutes = _number(
        _("Travel to a workshop, one way (minutes)"), 0, 600, initial=0
    )
    room = forms.ModelChoiceField(
        label=_("Room, for meetings in the centre"),
        queryset=Room.objects.order_by("code"),
        required=False,
        empty_label="–",
    )
    consultants = TeachersField(
        label=_("Consultants"),
        queryset=Person.objects.filter(teaching_profile__consults=True)
        .select_related("teaching_profile")
        .order_by("search_key"),
        required=False,
    )

    def __init__(self, *args: Any, service: Service | None = None, **kw: Any) -> None:
        self.service = service
        if service is not None:
            kw.setdefault("initial", _service_initial(service))
        super().__init__(*args, **kw)
        self.machine_kinds = list(MachineKind.objects.order_by("name_fa"))
        counts = dict(service.machines.values_list("kind", "count")) if service else {}
        for kind in self.machine_kinds:
            self.fields[f"machine_{kind.pk}"] = _number(
                kind.name, 0, 100, required=False, initial=counts.get(kind.pk, 0)
            )

    @property
    def machine_fields(self) -> list[forms.BoundField]:
        """How many of each kind a meeting in the centre needs."""
        return [self[f"machine_{kind.pk}"] for kind in self.machine_kinds]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        words = typed.get("title_en") or typed.get("code") or ""
        typed["slug"] = (typed.get("slug") or slugify(words))[:60]
        others = Service.objects.exclude(pk=self.service.pk if self.service else 0)
        for name in ("code", "slug"):
            value = typed.get(name)
            if value and others.filter(**{name: value}).exists():
                self.add_error(name, _("Another service has this already."))
        return typed

    def service_fields(self) -> dict[str, Any]:
        """What the services of the catalogue take, but for the questions."""
        parts = ("modes", "travel_minutes")
        typed = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in parts and not name.startswith("machine_")
        }
        travel = self.cleaned_data["travel_minutes"]
        counts = {
            k: self.cleaned_data.get(f"machine_{k.pk}") for k in self.machine_kinds
        }
        return {
            **typed,
            "consultants": list(typed["consultants"]),
            "modes": dict.fromkeys(self.cleaned_data["modes"], travel),
            "machines": {kind: count for kind, count in counts.items() if count},
        }


def _service_initial(service: Service) -> dict[str, Any]:
    special = ("modes", "travel_minutes", "consultants", "room")
    names = [name for name in ServiceForm.base_fields if name not in special]
    ways = list(service.modes.all())
    return {
        **{name: getattr(service, name) for name in names},
        "modes": [way.mode for way in ways],
        "travel_minutes": max((way.travel_minutes for way in ways), default=0),
        "room": service.room_id,
        "consultants": list(service.consultants.values_list("pk", flat=True)),
    }


class QuestionForm(forms.Form):
    """One intake question; an empty line is none."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    text_fa = CleanCharField(label=_("Question"), max_length=200, required=False)
    text_en = CleanCharField(
        label=_("Question in English"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=LTR),
    )
    is_required = forms.BooleanField(label=_("Must be answered"), required=False)

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        if typed.get("text_en") and not typed.get("text_fa"):
            self.add_error("text_fa", _("Write the question in Persian as well."))
        return typed


QuestionFormSet = formset_factory(QuestionForm, extra=EXTRA_QUESTIONS)


def question_formset(data: Any, service: Service | None) -> BaseFormSet[QuestionForm]:
    """The questions of a service, and some empty lines."""
    rows: list[dict[str, Any]] = []
    if service is not None:
        questions = IntakeQuestion.objects.filter(service=service, is_active=True)
        names = ("pk", "text_fa", "text_en", "is_required")
        rows = [{n: getattr(question, n) for n in names} for question in questions]
    return QuestionFormSet(data, initial=rows, prefix="questions")


def questions_of(formset: BaseFormSet[QuestionForm]) -> list[Question]:
    """The lines of a valid formset that ask something."""
    typed = [form.cleaned_data for form in formset if form.cleaned_data.get("text_fa")]
    return [
        Question(row["text_fa"], row["text_en"], row["is_required"], row["pk"])
        for row in typed
    ]


class HoursForm(forms.Form):
    """One line of a consultant's week; an empty line is none."""

    weekday = forms.TypedChoiceField(
        label=_("Weekday"), coerce=int, required=False, empty_value=None
    )
    start = TimeField(label=_("From"), required=False)
    end = TimeField(label=_("To"), required=False)
    valid_from = JalaliDateField(label=_("From the date"), required=False)
    valid_to = JalaliDateField(label=_("To the date"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict(Weekday.choices)
        self.fields["weekday"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            *((number, names[number]) for number in WEEK_FROM_SATURDAY),
        ]
        for name, field in self.fields.items():
            look = "form-select" if name == "weekday" else "form-control"
            field.widget.attrs["class"] = look

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        names = ("weekday", "start", "end")
        missing = [n for n in names if n in typed and typed[n] is None]
        if missing and len(missing) < len(names):
            self.add_error(missing[0], _("Fill in the whole line, or leave it empty."))
        return typed

    def hours(self) -> WeeklyHours | None:
        """The line as the service takes it; None for an empty one."""
        typed = self.cleaned_data
        if typed.get("weekday") is None:
            return None
        return WeeklyHours(
            typed["weekday"],
            typed["start"],
            typed["end"],
            typed["valid_from"],
            typed["valid_to"],
        )


HoursFormSet = formset_factory(HoursForm, extra=EXTRA_HOURS)


def hours_formset(data: Any, person: Person) -> BaseFormSet[HoursForm]:
    """A consultant's week from Saturday on, and some empty lines."""
    rules = WeeklyAvailability.objects.filter(person=person)
    rows = [
        {
            "weekday": rule.weekday,
            "start": rule.start_time,
            "end": rule.end_time,
            "valid_from": rule.valid_from,
            "valid_to": rule.valid_to,
        }
        for rule in sorted(rules, key=lambda r: ((r.weekday + 2) % 7, r.start_time))
    ]
    return HoursFormSet(data, initial=rows, prefix="hours")


class ExceptionForm(forms.Form):
    """More or fewer hours on one day."""

    on = JalaliDateField(label=_("Day"))
    start = TimeField(label=_("Starts at"))
    end = TimeField(label=_("Ends at"))
    is_available = forms.TypedChoiceField(
        label=_("What"),
        choices=[("no", _("Cannot be met")), ("yes", _("Can be met as well"))],
        coerce=lambda value: value == "yes",
    )


class ReasonForm(forms.Form):
    """Why the centre cancels; everyone reads it."""

    reason = CleanCharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Everyone who is booked reads it."),
    )


class CapsForm(forms.Form):
    """How many meetings a consultant takes on."""

    per_day = _number(
        _("Most meetings of a day"),
        1,
        96,
        required=False,
        help_text=_("Empty: no limit"),
    )
    per_week = _number(
        _("Most meetings of a week"),
        1,
        672,
        required=False,
        help_text=_("From Saturday; empty: no limit"),
    )


CAPS_FIELDS = {"week_cap": "per_week"}


def caps_form(data: Any, person: Person) -> CapsForm:
    """The limits of a consultant as they are."""
    caps = ConsultantCaps.objects.filter(person=person).first()
    initial = {"per_day": caps.per_day, "per_week": caps.per_week} if caps else {}
    return CapsForm(data, initial=initial)
