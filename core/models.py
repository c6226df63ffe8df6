"""Rows that every app leans on: idempotency keys, limits, heartbeats, holidays."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.compiled import KEY, Change, Given, Update, write_together
from core.work_models import (  # noqa: F401 - Django looks for models here
    Work,
    WorkFile,
    WorkPiece,
)


class IdempotencyKey(models.Model):
    """One form that was sent; its result is found again when it is sent twice."""

    key = models.UUIDField()
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    # Their database defaults make an INSERT give them back: see `idempotency.once`.
    digest = models.CharField(max_length=64, db_default="")
    result_id = models.BigIntegerField(null=True, db_default=None)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "action", "key"], name="idempotencykey_once"
            )
        ]

    def remember(self, result_id: int) -> None:
        """Keep the primary key of what the form made, in the same transaction."""
        write_together(self.remembering(result_id))

    def remembering(self, result_id: int) -> Change:
        """As `remember`, to be written together with something else."""
        self.result_id = result_id
        return REMEMBER.writing(pk=self.pk, result=result_id)


REMEMBER = Update(
    lambda: IdempotencyKey.objects.filter(pk=Given("pk", KEY)),
    result_id=Given("result", KEY),
)


class LimitCounter(models.Model):
    """How often something happened in one window of time."""

    scope = models.CharField(max_length=40)
    key_digest = models.CharField(max_length=64)
    window_seconds = models.PositiveIntegerField()
    window_starts_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "key_digest", "window_seconds", "window_starts_at"],
                name="limitcounter_one_window",
            )
        ]


class Heartbeat(models.Model):
    """The last time that a periodic part finished its work."""

    name = models.CharField(max_length=60, unique=True)
    beat_at = models.DateTimeField()


class HolidayKind(models.TextChoices):
    PUBLIC = "public", _("Public holiday")
    PROVINCIAL = "provincial", _("Provincial closure")
    CENTRE = "centre", _("Centre closed")


class HolidayStatus(models.TextChoices):
    ESTIMATED = "estimated", _("Estimated")
    CONFIRMED = "confirmed", _("Confirmed")


class HolidayQuerySet(models.QuerySet["Holiday"]):
    def between(self, first: dt.date, last: dt.date) -> HolidayQuerySet:
        """Holidays from the first to the last day, both included."""
        return self.filter(on__gte=first, on__lte=last).order_by("on")


class Holiday(models.Model):
    """A day on which no class session is planned.

    `imported_on` is set when staff moved an imported day: the package still has it on
    that date, and the next import must not bring it back.
    """

    on = models.DateField()
    imported_on = models.DateField(null=True, blank=True)
    title_fa = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=12, choices=HolidayKind, default="public")
    status = models.CharField(max_length=12, choices=HolidayStatus, default="confirmed")

    objects = HolidayQuerySet.as_manager()

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        constraints = [
            models.UniqueConstraint(fields=["on", "title_fa"], name="holiday_once"),
            models.CheckConstraint(
                condition=Q(kind__in=HolidayKind.values), name="holiday_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.title_fa}"


class PageStamp(models.Model):
    """One row whose value changes with every text of the public pages.

    Triggers write it: see `core.pages.stamps`.
    """

    value = models.CharField(max_length=80)
