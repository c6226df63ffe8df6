"""When consultants can be met: by the week, and on single days."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from core.compiled import Given


class Weekday(models.IntegerChoices):
    """As `date.weekday()` counts; forms list them from Saturday."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


# An end at midnight is the end of that day, because no time of day says 24:00.
MIDNIGHT = dt.time(0)
ENDS_AFTER_START = Q(end_time__gt=F("start_time")) | Q(end_time=MIDNIGHT)


class WeeklyAvailabilityQuerySet(models.QuerySet["WeeklyAvailability"]):
    def touching(
        self, first: dt.date | Given, last: dt.date | Given
    ) -> WeeklyAvailabilityQuerySet:
        """Rules that hold on some day from the first to the last."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=last),
            Q(valid_to=None) | Q(valid_to__gte=first),
        )


class WeeklyAvailability(models.Model):
    """A consultant can be met on this weekday, by the wall clock of the centre.

    Dates limit it (winter hours, Ramadan); both ends are included.
    """

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="weekly_availability"
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    start_time = models.TimeField(_("from"))
    end_time = models.TimeField(_("to"))
    valid_from = models.DateField(_("from the date"), null=True, blank=True)
    valid_to = models.DateField(_("to the date"), null=True, blank=True)

    objects = WeeklyAvailabilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("weekly availability")
        verbose_name_plural = _("weekly availability")
        ordering = ["person", "weekday", "start_time"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__in=Weekday.values), name="weeklyavailability_day"
            ),
            models.CheckConstraint(
                condition=ENDS_AFTER_START,
                name="weeklyavailability_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_to=None)
                | Q(valid_to__gte=F("valid_from")),
                name="weeklyavailability_dates_in_order",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "valid_to"], name="weeklyavailability_person"
            )
        ]

    def __str__(self) -> str:
        return f"weekly availability {self.pk}"


class AvailabilityOverride(models.Model):
    """More hours on one day (available), or fewer (not available)."""

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="availability_overrides"
    )
    on = models.DateField(_("day"))
    start_time = models.TimeField(_("from"))
    end_time = models.TimeField(_("to"))
    is_available = models.BooleanField(_("can be met"), default=False)

    class Meta:
        verbose_name = _("exception of one day")
        verbose_name_plural = _("exceptions of one day")
        ordering = ["on", "start_time"]
        constraints = [
            models.CheckConstraint(
                condition=ENDS_AFTER_START,
                name="availabilityoverride_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["person", "on", "start_time", "end_time"],
                name="availabilityoverride_once",
            ),
        ]

    def __str__(self) -> str:
        return f"availability override {self.pk}"


class ConsultantCaps(models.Model):
    """How many meetings a consultant takes on, whatever the service.

    A day is a wall date of the centre, a week begins on Saturday; no number is no
    limit. What was booked before a cap fell stays.
    """

    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="consulting_caps"
    )
    per_day = models.PositiveSmallIntegerField(
        _("most meetings of a day"), null=True, blank=True
    )
    per_week = models.PositiveSmallIntegerField(
        _("most meetings of a week"), null=True, blank=True
    )
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("caps of a consultant")
        verbose_name_plural = _("caps of consultants")
        constraints = [
            models.CheckConstraint(
                condition=Q(per_day=None) | Q(per_day__gte=1),
                name="consultantcaps_some_a_day",
            ),
            models.CheckConstraint(
                condition=Q(per_week=None) | Q(per_week__gte=1),
                name="consultantcaps_some_a_week",
            ),
            models.CheckConstraint(
                condition=Q(per_day=None)
                | Q(per_week=None)
                | Q(per_week__gte=F("per_day")),
                name="consultantcaps_week_holds_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"caps of consultant {self.person_id}"
