"""Offerings: so many places in something, under one rule."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.compiled import Given


class OfferingKind(models.TextChoices):
    COURSE_RUN = "course_run", _("Course run")
    MEETING = "meeting", _("Consultation")


class OfferingQuerySet(models.QuerySet["Offering"]):
    def bookable(self, now: dt.datetime | Given) -> OfferingQuerySet:
        """Offerings whose booking window is open at this moment."""
        return self.filter(
            Q(opens_at=None) | Q(opens_at__lte=now),
            Q(closes_at=None) | Q(closes_at__gt=now),
            is_open=True,
        )


class Offering(models.Model):
    """So many places in something, under one rule."""

    kind = models.CharField(max_length=12, choices=OfferingKind)
    capacity = models.PositiveIntegerField(_("capacity"))
    seats_taken = models.PositiveIntegerField(default=0)
    waiting_parties = models.PositiveIntegerField(default=0)
    is_open = models.BooleanField(_("open for booking"), default=False)
    opens_at = models.DateTimeField(_("booking opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("booking closes"), null=True, blank=True)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    cancel_notice_hours = models.PositiveIntegerField(
        _("free cancellation until (hours before)"), default=24
    )
    names_notice_hours = models.PositiveIntegerField(
        _("names of a party until (hours before)"), default=24
    )
    hold_minutes = models.PositiveSmallIntegerField(default=15)
    has_waiting_list = models.BooleanField(default=True)
    fee_rial = models.PositiveBigIntegerField(_("fee"), default=0)
    support_percent = models.PositiveSmallIntegerField(_("support (%)"), default=0)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # Nobody takes a place before the draw is done.
    awaits_draw = models.BooleanField(default=False, editable=False)
    # Free places that the next party in line finds too few wait for it until then.
    line_moves_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OfferingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(seats_taken__gte=0) & Q(seats_taken__lte=F("capacity")),
                name="offering_seats_within_capacity",
            ),
            models.CheckConstraint(
                condition=Q(waiting_parties__gte=0),
                name="offering_waiting_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(support_percent__lte=100), name="offering_support_percent"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=OfferingKind.values), name="offering_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(is_open=False),
                name="offering_cancelled_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(awaits_draw=False) | Q(seats_taken=0, waiting_parties=0),
                name="offering_draw_comes_first",
            ),
        ]
        indexes = [
            models.Index(
                fields=["line_moves_at"],
                condition=Q(line_moves_at__isnull=False),
                name="offering_line_moves",
            )
        ]

    def __str__(self) -> str:
        return f"offering {self.pk}"

    @property
    def price_rial(self) -> int:
        """What the person pays after the support, in current rial."""
        return self.fee_rial * (100 - self.support_percent) // 100

    @property
    def cancel_until_at(self) -> dt.datetime | None:
        """The last moment at which a person may cancel alone."""
        if self.starts_at is None:
            return None
        return self.starts_at - dt.timedelta(hours=self.cancel_notice_hours)

    @property
    def names_until_at(self) -> dt.datetime | None:
        """Until when a booker may say who comes; later only the centre writes it."""
        if self.starts_at is None:
            return None
        return self.starts_at - dt.timedelta(hours=self.names_notice_hours)

    @property
    def places_left(self) -> int:
        """Places for the public; none while anyone waits, or before a draw."""
        if self.waiting_parties or self.awaits_draw:
            return 0
        return self.capacity - self.seats_taken

    @property
    def is_full(self) -> bool:
        return self.places_left == 0

    def is_bookable(self, now: dt.datetime) -> bool:
        """Whether the booking window is open at this moment."""
        opened = self.opens_at is None or self.opens_at <= now
        not_closed = self.closes_at is None or self.closes_at > now
        return self.is_open and opened and not_closed
