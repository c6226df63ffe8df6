"""Meetings that were booked, how they moved, and what people answered."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, User
from booking.models import (
    LIVE,
    Offering,
    Party,
    Reservation,
    ReservationState,
    Room,
    TimeBlock,
)
from consulting.models.catalogue import IntakeQuestion, Mode, Service
from core.compiled import Given


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def live(self) -> MeetingQuerySet:
        """Meetings whose time is taken: not cancelled, not given back."""
        return self.filter(cancelled_at=None)

    def between(self, from_at: dt.datetime, to_at: dt.datetime) -> MeetingQuerySet:
        """Meetings that share a moment with this interval, in order."""
        return self.filter(starts_at__lt=to_at, ends_at__gt=from_at).order_by(
            "starts_at", "pk"
        )

    def with_confirmed_people(self) -> MeetingQuerySet:
        """Meetings that somebody booked: not only held while a form is open."""
        return self.filter(offering__reservations__state__in=BOOKED_STATES).distinct()

    def holds_expired(self, now: dt.datetime) -> MeetingQuerySet:
        """Meetings that only expired holds keep: free for display, not yet freed."""
        return self.live().filter(offering__in=offerings_of_expired_holds(now))


def offerings_of_expired_holds(now: dt.datetime | Given) -> models.QuerySet[Party, int]:
    """Keys of offerings that nobody has a place in but whose hold ran out."""
    return (
        Party.objects.with_expired_hold(now)
        .values("offering", "offering__seats_taken")
        .annotate(places=Sum("size"))
        .filter(places__gte=F("offering__seats_taken"))
        .values_list("offering", flat=True)
    )


BOOKED_STATES = (
    ReservationState.PENDING,
    ReservationState.CONFIRMED,
    ReservationState.COMPLETED,
    ReservationState.INCOMPLETE,
    ReservationState.NO_SHOW,
)


class Meeting(models.Model):
    """One consulting hour that people hold places in.

    The wall times are those of `zone`; invariant 12 compares them with UTC.
    """

    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="meetings"
    )
    consultant = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="meetings"
    )
    offering = models.OneToOneField(
        Offering, on_delete=models.PROTECT, related_name="meeting"
    )
    block = models.OneToOneField(
        TimeBlock, on_delete=models.PROTECT, related_name="meeting"
    )
    mode = models.CharField(_("way"), max_length=9, choices=Mode)
    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.PROTECT, related_name="meetings"
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    wall_on = models.DateField()
    wall_start = models.TimeField()
    wall_end = models.TimeField()
    zone = models.CharField(max_length=40)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    schedule_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="meeting_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(mode__in=Mode.values), name="meeting_mode_known"
            ),
            models.CheckConstraint(
                condition=Q(room=None) | Q(mode=Mode.IN_PERSON),
                name="meeting_room_in_person",
            ),
            models.UniqueConstraint(
                fields=["consultant", "starts_at"],
                condition=Q(cancelled_at=None),
                name="meeting_consultant_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["consultant", "ends_at"], name="meeting_of_consultant"
            ),
            models.Index(fields=["starts_at"], name="meeting_starts"),
        ]

    def __str__(self) -> str:
        return f"meeting {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.cancelled_at is None

    @property
    def live_reservations(self) -> models.QuerySet[Reservation]:
        """Whose place counts: held, pending or confirmed."""
        return self.offering.reservations.filter(state__in=LIVE).order_by("pk")


class MeetingChange(models.Model):
    """Append-only: when a meeting was moved or given to another consultant."""

    meeting = models.ForeignKey(
        Meeting, on_delete=models.PROTECT, related_name="changes"
    )
    schedule_version = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    is_by_centre = models.BooleanField(default=False)
    from_starts_at = models.DateTimeField()
    to_starts_at = models.DateTimeField(null=True, blank=True)
    from_consultant = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+"
    )
    to_consultant = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("change of a meeting")
        verbose_name_plural = _("changes of meetings")
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "schedule_version"],
                name="meetingchange_version_once",
            )
        ]

    def __str__(self) -> str:
        return f"change {self.pk} of meeting {self.meeting_id}"


class IntakeAnswer(models.Model):
    """What one person answered for one appointment."""

    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, related_name="intake_answers"
    )
    question = models.ForeignKey(
        IntakeQuestion, on_delete=models.PROTECT, related_name="answers"
    )
    text = models.TextField(blank=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(
                fields=["reservation", "question"], name="intakeanswer_once"
            )
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"
