"""The catalogue: what is taught, whatever the dates."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.models import MachineKind
from courses.covers import Cover, draw_cover
from courses.display import list_in_language
from persian.text import localized, search_key

ASCII_CODE = RegexValidator(
    r"^[A-Za-z0-9-]+$", _("Use Latin letters, digits and hyphens only.")
)


class Level(models.TextChoices):
    INTRO = "intro", _("Beginner")
    MID = "mid", _("Intermediate")
    ADVANCED = "adv", _("Advanced")


LONG_TEXTS = (
    "audience_fa",
    "audience_en",
    "summary_fa",
    "summary_en",
    "bring_fa",
    "bring_en",
    "outcomes_fa",
    "outcomes_en",
    "syllabus_fa",
    "syllabus_en",
)


class CourseQuerySet(models.QuerySet["Course"]):
    def active(self) -> CourseQuerySet:
        """Courses that the centre gives today."""
        return self.filter(is_active=True)

    def without_texts(self) -> CourseQuerySet:
        """For lists: what is long, and read on a course's own page only, stays away."""
        return self.defer(*LONG_TEXTS)

    def matching(self, text: str) -> CourseQuerySet:
        """Courses whose titles, code or summary hold the text, in any spelling."""
        return self.filter(search_key__contains=search_key(text))


class Course(models.Model):
    """A catalogue entry; what is dated and bookable is a course run."""

    code = models.CharField(
        _("code"), max_length=20, unique=True, validators=[ASCII_CODE]
    )
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    title_fa = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    level = models.CharField(_("level"), max_length=5, choices=Level)
    session_count = models.PositiveSmallIntegerField(_("number of class sessions"))
    session_minutes = models.PositiveSmallIntegerField(_("length (minutes)"))
    capacity = models.PositiveSmallIntegerField(_("places"))
    min_to_run = models.PositiveSmallIntegerField(_("smallest group"), default=1)
    fee_rial = models.PositiveBigIntegerField(_("fee"), default=0)
    support_percent = models.PositiveSmallIntegerField(_("support (%)"), default=0)
    prerequisites = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="needed_for",
        verbose_name=_("prerequisites"),
    )
    audience_fa = models.TextField(_("for whom"), blank=True)
    audience_en = models.TextField(_("for whom, in English"), blank=True)
    summary_fa = models.TextField(_("summary"), blank=True)
    summary_en = models.TextField(_("summary in English"), blank=True)
    bring_fa = models.TextField(_("what to bring"), blank=True)
    bring_en = models.TextField(_("what to bring, in English"), blank=True)
    outcomes_fa = models.JSONField(_("what people learn"), default=list, blank=True)
    outcomes_en = models.JSONField(
        _("what people learn, in English"), default=list, blank=True
    )
    syllabus_fa = models.JSONField(_("syllabus"), default=list, blank=True)
    syllabus_en = models.JSONField(_("syllabus in English"), default=list, blank=True)
    machine_kinds = models.ManyToManyField(
        MachineKind,
        through="CourseMachine",
        blank=True,
        related_name="courses",
        verbose_name=_("machines"),
    )
    external_standard_code = models.CharField(
        _("code of an outside standard"), max_length=40, blank=True
    )
    external_standard_title = models.CharField(
        _("title of an outside standard"), max_length=200, blank=True
    )
    external_standard_hours = models.PositiveSmallIntegerField(
        _("hours of an outside standard"), null=True, blank=True
    )
    is_active = models.BooleanField(_("offered"), default=True)
    search_key = models.TextField(editable=False)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="course_level_known"
            ),
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[A-Za-z0-9_-]+$"), name="course_slug_ascii"
            ),
            models.CheckConstraint(
                condition=Q(session_count__gte=1, session_minutes__gte=1),
                name="course_has_sessions",
            ),
            models.CheckConstraint(
                condition=Q(min_to_run__gte=1, min_to_run__lte=F("capacity")),
                name="course_minimum_within_capacity",
            ),
            models.CheckConstraint(
                condition=Q(support_percent__lte=100), name="course_support_percent"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        words = (self.title_fa, self.title_en, self.code, self.summary_fa)
        # A mark between the words, so that no match runs from one into the next.
        self.search_key = "|".join(search_key(word) for word in words)
        super().save(*args, **kwargs)

    @property
    def title(self) -> str:
        return localized(self, "title")

    @property
    def audience(self) -> str:
        return localized(self, "audience")

    @property
    def summary(self) -> str:
        return localized(self, "summary")

    @property
    def bring(self) -> str:
        return localized(self, "bring")

    @property
    def outcomes(self) -> list[str]:
        return list_in_language(self.outcomes_fa, self.outcomes_en)

    @property
    def syllabus(self) -> list[str]:
        return list_in_language(self.syllabus_fa, self.syllabus_en)

    @property
    def cover(self) -> Cover:
        """Its picture, drawn from what it is."""
        return draw_cover(self.slug, self.level, self.session_count)

    @property
    def hours(self) -> int:
        """Hours of all class sessions together, rounded to the nearest hour."""
        return round(self.session_count * self.session_minutes / 60)

    @property
    def price_rial(self) -> int:
        """What a person pays after the support, in current rial."""
        return self.fee_rial * (100 - self.support_percent) // 100


class CourseMachine(models.Model):
    """So many machines of a kind that each class session of a course needs."""

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="course_machines"
    )
    kind = models.ForeignKey(MachineKind, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveSmallIntegerField(_("how many"), default=1)

    class Meta:
        verbose_name = _("machines of a course")
        verbose_name_plural = _("machines of courses")
        constraints = [
            models.UniqueConstraint(
                fields=["course", "kind"], name="coursemachine_kind_once"
            ),
            models.CheckConstraint(
                condition=Q(count__gte=1), name="coursemachine_some"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} × {self.kind}"
