"""Planning a run on one page: dates, then who, where and how much; and what follows."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.forms import TeachersField
from accounts.models import Person
from booking.models import Room
from courses.models import ASCII_CODE, Approval, Audience, Course, CourseRun
from courses.planner import PlannedSession, plan_sessions, to_utc
from persian.forms import (
    CleanCharField,
    IntegerField,
    JalaliDateField,
    TimeField,
    TomanField,
)
from persian.jalali import to_jalali, weekday_name

# Python's numbers of the weekdays, in the order of the week here.
WEEK = (5, 6, 0, 1, 2, 3, 4)
A_SATURDAY = dt.date(2026, 11, 28)
MOST_SESSIONS = 60
MOST_PLACES = 200
QUARTER_MINUTES = 15


def weekday_choices() -> list[tuple[int, str]]:
    """Saturday first, in the reader's language."""
    days = [A_SATURDAY + dt.timedelta(days=n) for n in range(7)]
    return list(zip(WEEK, map(weekday_name, days), strict=True))


class PlanForm(forms.Form):
    """When: what is left empty comes from the course."""

    course = forms.ModelChoiceField(
        label=_("Course"), queryset=Course.objects.none(), empty_label=_("Choose")
    )
    start_on = JalaliDateField(label=_("From date"))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    starts = TimeField(label=_("Starts at"))
    ends = TimeField(
        label=_("Ends at"),
        required=False,
        help_text=_("Empty: as long as the course says."),
    )
    count = IntegerField(
        label=_("Class sessions"),
        min_value=1,
        max_value=MOST_SESSIONS,
        required=False,
        help_text=_("Empty: as many as the course says."),
    )

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["course"].queryset = Course.objects.active()  # type: ignore[attr-defined]
        self.fields["weekdays"].choices = weekday_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        course, starts = typed.get("course"), typed.get("starts")
        if course and starts and not typed.get("ends"):
            typed["ends"] = _later(starts, course.session_minutes)
        ends = typed.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The end must come after the start."))
        start_on = typed.get("start_on")
        if start_on and starts and to_utc(start_on, starts) <= self.now:
            self.add_error("start_on", _("This date is already past."))
        return typed

    def plan(self) -> list[PlannedSession]:
        """The class sessions without holidays; raises CoursesError."""
        typed = self.cleaned_data
        return plan_sessions(
            start_on=typed["start_on"],
            weekdays=typed["weekdays"],
            start_time=typed["starts"],
            end_time=typed["ends"],
            count=typed["count"] or typed["course"].session_count,
        )


def _later(start: dt.time, minutes: int) -> dt.time:
    """So many minutes later on the same day, at most a minute before midnight."""
    end = start.hour * 60 + start.minute + minutes
    return dt.time(*divmod(min(end, 24 * 60 - 1), 60))


class LineForm(forms.Form):
    """One class session of the plan, changed by hand or taken out."""

    on = JalaliDateField(label=_("Date"))
    start = TimeField(label=_("Starts at"))
    end = TimeField(label=_("Ends at"))
    is_removed = forms.BooleanField(label=_("Leave out"), required=False)

    # The class session, once it was read; None when it is left out or not readable.
    planned: PlannedSession | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("on", "start", "end"):
            self.fields[name].widget.attrs["class"] = "form-control"
        self.fields["is_removed"].widget.attrs["class"] = "form-check-input"

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        on, start, end = (typed.get(name) for name in ("on", "start", "end"))
        if on and start and end and not typed.get("is_removed"):
            self.planned = PlannedSession(on, start, end)
        if start and start.minute % QUARTER_MINUTES:
            self.add_error(
                "start", _("Times start on the quarter of an hour (00, 15, 30, 45).")
            )
        if start and end and end <= start:
            self.add_error("end", _("The end must come after the start."))
        return typed


# Django's class takes its type parameter only for the type checker.
if TYPE_CHECKING:
    _BaseLines = forms.BaseFormSet[LineForm]
else:
    _BaseLines = forms.BaseFormSet


class LineFormSet(_BaseLines):
    """The lines of a plan; past and overlapping ones are refused at the line."""

    now: dt.datetime

    def clean(self) -> None:
        if any(self.errors):
            return
        lines = self.in_order()
        if not lines:
            raise forms.ValidationError(_("A run needs at least one class session."))
        for form, planned in lines:
            if planned.starts_at <= self.now:
                form.add_error("on", _("This date is already past."))
        for (_form, one), (form, following) in pairwise(lines):
            if following.starts_at < one.ends_at:
                form.add_error("start", _("This overlaps the class session before it."))

    def in_order(self) -> list[tuple[LineForm, PlannedSession]]:
        """Lines that stay, by time; their place is the number of the class session."""
        lines = [(form, form.planned) for form in self.forms]
        kept = [(form, planned) for form, planned in lines if planned is not None]
        return sorted(kept, key=lambda line: line[1].starts_at)

    def is_valid(self) -> bool:
        """Also looks at what `clean` wrote at the lines."""
        return super().is_valid() and all(form.is_valid() for form in self.forms)


_lines = forms.formset_factory(
    LineForm, formset=LineFormSet, extra=0, max_num=MOST_SESSIONS
)


def lines_of_plan(planned: Sequence[PlannedSession], now: dt.datetime) -> LineFormSet:
    """Lines to look at and to change."""
    initial = [{"on": p.on, "start": p.start, "end": p.end} for p in planned]
    return _with_clock(_lines(initial=initial, prefix="line"), now)


def lines_as_typed(data: Mapping[str, Any], now: dt.datetime) -> LineFormSet:
    """The lines that came back."""
    return _with_clock(_lines(data, prefix="line"), now)


def _with_clock(formset: forms.BaseFormSet[LineForm], now: dt.datetime) -> LineFormSet:
    assert isinstance(formset, LineFormSet)  # noqa: S101
    formset.now = now
    return formset


class RunForm(forms.Form):
    """Where, who and how much; prefilled from the course."""

    code = CleanCharField(
        label=_("Code of the run"),
        max_length=20,
        validators=[ASCII_CODE],
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )
    instructors = TeachersField(label=_("Instructors"), queryset=Person.objects.none())
    room = forms.ModelChoiceField(
        label=_("Room"), queryset=Room.objects.all(), empty_label=_("Choose")
    )
    capacity = IntegerField(label=_("Places"), min_value=1, max_value=MOST_PLACES)
    min_to_run = IntegerField(
        label=_("Smallest group"), min_value=1, max_value=MOST_PLACES
    )
    fee_rial = TomanField(label=_("Fee (toman)"))
    support_percent = IntegerField(label=_("Support (%)"), min_value=0, max_value=100)
    audience = forms.ChoiceField(
        label=_("For whom"), choices=Audience.choices, initial=Audience.ANY
    )
    approval = forms.ChoiceField(
        label=_("Approval"),
        choices=Approval.choices,
        initial=Approval.NONE,
        help_text=_("Who needs it asks for a place; it is kept until staff decide."),
    )
    opens_on = JalaliDateField(
        label=_("Booking opens"),
        required=False,
        help_text=_("Empty: as soon as it is published."),
    )
    closes_on = JalaliDateField(
        label=_("Last day of booking"),
        required=False,
        help_text=_("Empty: until the first class session."),
    )
    cancel_notice_hours = IntegerField(
        label=_("May cancel without us until (hours before)"),
        min_value=0,
        max_value=24 * 60,
        initial=24,
    )
    note_fa = CleanCharField(
        label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    note_en = CleanCharField(
        label=_("Note in English"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "lang": "en"}),
    )

    # Where a refusal of the service belongs, by its code.
    ERROR_FIELDS: ClassVar[dict[str, str]] = {
        "code": "code",
        "no_instructor": "instructors",
        "capacity": "capacity",
        "room_too_small": "room",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teaching = Person.objects.filter(teaching_profile__teaches=True).select_related(
            "teaching_profile"
        )
        self.fields["instructors"].queryset = teaching.order_by("search_key")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        least, most = typed.get("min_to_run"), typed.get("capacity")
        if least and most and least > most:
            self.add_error(
                "min_to_run", _("The smallest group is larger than the places.")
            )
        code = typed.get("code")
        if code and CourseRun.objects.filter(code=code).exists():
            self.add_error("code", _("There is already a run with this code."))
        opens, closes = typed.get("opens_on"), typed.get("closes_on")
        if opens and closes and closes < opens:
            self.add_error("closes_on", _("The end must come after the start."))
        return typed

    def service_fields(self) -> dict[str, Any]:
        """What `create_run` takes; days become the moments of the wall clock."""
        typed = dict(self.cleaned_data)
        opens, closes = typed.pop("opens_on"), typed.pop("closes_on")
        typed["instructors"] = list(typed["instructors"])
        typed["opens_at"] = to_utc(opens, dt.time()) if opens else None
        next_day = closes + dt.timedelta(days=1) if closes else None
        typed["closes_at"] = to_utc(next_day, dt.time()) if next_day else None
        return typed


def run_defaults(course: Course, start_on: dt.date) -> dict[str, Any]:
    """What a new run takes from its course, and a code that is free."""
    return {
        "code": free_code(course, start_on),
        "capacity": course.capacity,
        "min_to_run": course.min_to_run,
        "fee_rial": course.fee_rial,
        "support_percent": course.support_percent,
        "approval": Approval.PREREQUISITE
        if course.prerequisites.exists()
        else Approval.NONE,
    }


def free_code(course: Course, start_on: dt.date) -> str:
    """The course's code with the Jalali year and month: PTN-0509, PTN-0509-2."""
    year, month, _day = to_jalali(start_on)
    base = f"{course.code[:12]}-{year % 100:02}{month:02}"
    taken = set(
        CourseRun.objects.filter(code__startswith=base).values_list("code", flat=True)
    )
    return next(code for code in _numbered(base) if code not in taken)


def _numbered(base: str) -> Iterator[str]:
    yield base
    for number in range(2, 1000):
        yield f"{base}-{number}"


class CapacityForm(forms.Form):
    capacity = IntegerField(label=_("Places"), min_value=1, max_value=MOST_PLACES)


class ApprovalForm(forms.Form):
    """Whether staff decide about places; what was asked before stays asked."""

    approval = forms.ChoiceField(label=_("Approval"), choices=Approval.choices)


class ReasonForm(forms.Form):
    """Everyone who is told reads it."""

    reason = CleanCharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Everyone who is told reads this sentence."),
    )


class PlaceForm(forms.Form):
    """When and where a class session is, and who gives it."""

    on = JalaliDateField(label=_("Date"))
    start = TimeField(label=_("Starts at"))
    end = TimeField(label=_("Ends at"))
    room = forms.ModelChoiceField(
        label=_("Room"), queryset=Room.objects.all(), empty_label=None
    )
    instructors = TeachersField(label=_("Instructors"), queryset=Person.objects.none())

    ERROR_FIELDS: ClassVar[dict[str, str]] = {
        "past": "on",
        "overlap": "start",
        "not_on_quarter": "start",
        "time_taken": "start",
        "empty": "end",
        "room_too_small": "room",
        "no_instructor": "instructors",
    }

    def __init__(self, *args: Any, teaching: Iterable[Person], **kwargs: Any) -> None:
        """`teaching` are those who give it now, whatever became of their profile."""
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(
            Q(teaching_profile__teaches=True) | Q(pk__in=[p.pk for p in teaching])
        ).select_related("teaching_profile")
        self.fields["instructors"].queryset = people.order_by("search_key")  # type: ignore[attr-defined]


class NewSessionForm(PlaceForm):
    """One more class session."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class MoveForm(PlaceForm):
    """Another time, room or instructor for a class session."""

    reason = CleanCharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("Stays in the history; the SMS names what was and what is now."),
    )


def next_place(run: CourseRun) -> dict[str, Any]:
    """What one more class session has if nobody says otherwise: a week after the last
    one, at its hours, with the run's room and instructors."""
    last = run.sessions.order_by("-starts_at").first()
    place: dict[str, Any] = {
        "room": run.room_id,
        "instructors": list(run.instructors.all()),
    }
    if last is not None:
        place |= {
            "on": last.wall_on + dt.timedelta(days=7),
            "start": last.wall_start,
            "end": last.wall_end,
        }
    return place
