"""All that staff write about a course, in both languages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from booking.models import MachineKind
from courses.models import ASCII_CODE, Course, Level
from persian.forms import CleanCharField, IntegerField, TomanField

LTR = {"dir": "ltr", "lang": "en"}
MOST = 32767
ERROR_FIELDS = {"circle": "prerequisites"}


class LinesField(CleanCharField):
    """A list of texts, one on each line."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = kwargs.pop("attrs", {})
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4, **attrs}))
        kwargs.setdefault("help_text", _("One on each line."))
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value) or ""
        return [line.strip() for line in text.splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


def _text(label: Any, attrs: dict[str, str] | None = None) -> CleanCharField:
    widget = forms.Textarea(attrs={"rows": 3, **(attrs or {})})
    return CleanCharField(label=label, required=False, widget=widget)


def _number(label: Any, least: int = 1, **kwargs: Any) -> IntegerField:
    return IntegerField(label=label, min_value=least, max_value=MOST, **kwargs)


class CourseForm(forms.Form):
    """A catalogue entry; the service has the last word on what fits together."""

    code = CleanCharField(
        label=_("Code"),
        max_length=20,
        validators=[ASCII_CODE],
        widget=forms.TextInput(attrs=LTR),
        help_text=_("Latin letters and digits, such as PTN-M1."),
    )
    slug = CleanCharField(
        label=_("Address of the page"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs=LTR),
        help_text=_("Leave it empty to take it from the English title."),
    )
    title_fa = CleanCharField(label=_("Title"), max_length=120)
    title_en = CleanCharField(
        label=_("Title in English"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs=LTR),
    )
    level = forms.ChoiceField(label=_("Level"), choices=Level.choices)
    is_active = forms.BooleanField(
        label=_("The centre gives this course"), required=False, initial=True
    )
    session_count = _number(_("Class sessions"))
    session_minutes = _number(_("Minutes of a class session"))
    capacity = _number(_("Places"))
    min_to_run = _number(_("Smallest group"))
    fee_rial = TomanField(label=_("Fee (toman)"))
    support_percent = IntegerField(label=_("Support (%)"), min_value=0, max_value=100)
    prerequisites = forms.ModelMultipleChoiceField(
        label=_("Prerequisites"),
        queryset=Course.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    summary_fa = _text(_("Summary"))
    summary_en = _text(_("Summary in English"), LTR)
    audience_fa = _text(_("For whom"))
    audience_en = _text(_("For whom, in English"), LTR)
    bring_fa = _text(_("What to bring"))
    bring_en = _text(_("What to bring, in English"), LTR)
    outcomes_fa = LinesField(label=_("What people learn"))
    outcomes_en = LinesField(label=_("What people learn, in English"), attrs=LTR)
    syllabus_fa = LinesField(label=_("Syllabus"))
    syllabus_en = LinesField(label=_("Syllabus in English"), attrs=LTR)
    external_standard_code = CleanCharField(
        label=_("Code of an outside standard"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs=LTR),
    )
    external_standard_title = CleanCharField(
        label=_("Title of an outside standard"), max_length=200, required=False
    )
    external_standard_hours = _number(
        _("Hours of an outside standard"), least=0, required=False
    )

    def __init__(self, *args: Any, course: Course | None = None, **kw: Any) -> None:
        self.course = course
        if course is not None:
            kw.setdefault("initial", _initial(course))
        super().__init__(*args, **kw)
        others = _others(course)
        self.fields["prerequisites"].queryset = others  # type: ignore[attr-defined]
        self.machine_kinds = list(MachineKind.objects.order_by("name_fa"))
        counts = _machine_counts(course)
        for kind in self.machine_kinds:
            self.fields[f"machine_{kind.pk}"] = IntegerField(
                label=kind.name,
                min_value=0,
                max_value=100,
                required=False,
                initial=counts.get(kind.pk, 0),
            )

    @property
    def machine_fields(self) -> list[forms.BoundField]:
        """How many of each kind a class session needs."""
        return [self[f"machine_{kind.pk}"] for kind in self.machine_kinds]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        least, most = typed.get("min_to_run"), typed.get("capacity")
        if least and most and least > most:
            self.add_error(
                "min_to_run", _("The smallest group is larger than the places.")
            )
        self._clean_unique("code", typed.get("code"))
        slug = typed.get("slug") or slugify(
            typed.get("title_en") or typed.get("code") or ""
        )
        typed["slug"] = slug[:60]
        self._clean_unique("slug", typed["slug"])
        return typed

    def _clean_unique(self, name: str, value: str | None) -> None:
        if value and _others(self.course).filter(**{name: value}).exists():
            self.add_error(name, _("Another course has this already."))

    def service_fields(self) -> dict[str, Any]:
        """What the catalogue's services take."""
        typed = {
            name: value
            for name, value in self.cleaned_data.items()
            if not name.startswith("machine_")
        }
        typed["prerequisites"] = list(typed["prerequisites"])
        typed["machines"] = {
            kind: self.cleaned_data.get(f"machine_{kind.pk}") or 0
            for kind in self.machine_kinds
        }
        return typed


def _others(course: Course | None) -> QuerySet[Course]:
    return Course.objects.exclude(pk=course.pk) if course else Course.objects.all()


def _machine_counts(course: Course | None) -> dict[int, int]:
    if course is None:
        return {}
    return dict(course.course_machines.values_list("kind_id", "count"))


def _initial(course: Course) -> dict[str, Any]:
    plain = [name for name in CourseForm.base_fields if name != "prerequisites"]
    initial = {name: getattr(course, name) for name in plain}
    initial["prerequisites"] = list(course.prerequisites.values_list("pk", flat=True))
    return initial
