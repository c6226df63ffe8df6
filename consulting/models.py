"""Consulting services, when consultants can be met, and the meetings that came of it.

Free slots are never stored: `consulting.slots` computes them.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, User
from booking.models import (
    LIVE,
    MachineKind,
    Offering,
    Reservation,
    ReservationState,
    Room,
    TimeBlock,
)
from persian.text import localized

QUARTER = 15


class Mode(models.TextChoices):
    IN_PERSON = "in_person", _("In the centre")
    PHONE = "phone", _("By phone")
    VIDEO = "video", _("By video")
    ON_SITE = "on_site", _("In your workshop")


class Weekday(models.IntegerChoices):
    """As `date.weekday()` counts; forms list them from Saturday."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class ServiceQuerySet(models.QuerySet["Service"]):
    def active(self) -> ServiceQuerySet:
        """Services that can be booked today."""
        return self.filter(is_active=True)

    def given_by(self, person: Person) -> ServiceQuerySet:
        return self.filter(consultants=person)


class Service(models.Model):
    """A kind of consultation, told by the problem that brings people."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    title_fa = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    problem_fa = models.CharField(_("the problem, as people say it"), max_length=160)
    problem_en = models.CharField(
        _("the problem in English"), max_length=160, blank=True
    )
    description_fa = models.TextField(_("description"), blank=True)
    description_en = models.TextField(_("description in English"), blank=True)
    bring_fa = models.TextField(_("what to bring"), blank=True)
    bring_en = models.TextField(_("what to bring, in English"), blank=True)
    duration_minutes = models.PositiveSmallIntegerField(_("length (minutes)"))
    buffer_before_minutes = models.PositiveSmallIntegerField(
        _("pause before (minutes)"), default=0
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        _("pause after (minutes)"), default=0
    )
    start_step_minutes = models.PositiveSmallIntegerField(
        _("a start every (minutes)"), default=QUARTER
    )
    notice_hours = models.PositiveSmallIntegerField(
        _("bookable until (hours before)"), default=24
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("bookable for (days ahead)"), default=30
    )
    cancel_notice_hours = models.PositiveSmallIntegerField(
        _("free change or cancellation until (hours before)"), default=24
    )
    fee_rial = models.PositiveBigIntegerField(_("fee"), default=0)
    support_percent = models.PositiveSmallIntegerField(_("support (%)"), default=0)
    room = models.ForeignKey(
        Room,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="services",
        verbose_name=_("room"),
    )
    machine_kinds = models.ManyToManyField(
        MachineKind,
        through="ServiceMachine",
        blank=True,
        related_name="services",
        verbose_name=_("machines"),
    )
    consultants = models.ManyToManyField(
        Person,
        blank=True,
        related_name="consulting_services",
        verbose_name=_("consultants"),
    )
    max_people = models.PositiveSmallIntegerField(
        _("how many may come along"), default=1
    )
    group_size = models.PositiveSmallIntegerField(_("bookings in one hour"), default=1)
    is_active = models.BooleanField(_("offered"), default=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("consulting service")
        verbose_name_plural = _("consulting services")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[A-Za-z0-9_-]+$"), name="service_slug_ascii"
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=QUARTER),
                name="service_has_length",
            ),
            models.CheckConstraint(
                condition=Exact(F("duration_minutes") % QUARTER, 0),
                name="service_length_in_quarters",
            ),
            models.CheckConstraint(
                condition=Q(start_step_minutes__gte=QUARTER),
                name="service_has_step",
            ),
            models.CheckConstraint(
                condition=Exact(F("start_step_minutes") % QUARTER, 0),
                name="service_step_in_quarters",
            ),
            models.CheckConstraint(
                condition=Q(horizon_days__gte=1), name="service_has_horizon"
            ),
            models.CheckConstraint(
                condition=Q(support_percent__lte=100), name="service_support_percent"
            ),
            models.CheckConstraint(
                condition=Q(max_people__gte=1, group_size__gte=1),
                name="service_for_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return localized(self, "title")

    @property
    def problem(self) -> str:
        return localized(self, "problem")

    @property
    def description(self) -> str:
        return localized(self, "description")

    @property
    def bring(self) -> str:
        return localized(self, "bring")

    @property
    def price_rial(self) -> int:
        """What a person pays after the support, in current rial."""
        return self.fee_rial * (100 - self.support_percent) // 100

    @property
    def length(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.duration_minutes)


class ServiceMode(models.Model):
    """A way in which a service is given; travel is one way, by the consultant."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="modes")
    mode = models.CharField(_("way"), max_length=9, choices=Mode)
    travel_minutes = models.PositiveSmallIntegerField(
        _("travel, one way (minutes)"), default=0
    )

    class Meta:
        verbose_name = _("way of a service")
        verbose_name_plural = _("ways of services")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "mode"], name="servicemode_once"
            ),
            models.CheckConstraint(
                condition=Q(mode__in=Mode.values), name="servicemode_known"
            ),
            models.CheckConstraint(
                condition=Q(mode=Mode.ON_SITE) | Q(travel_minutes=0),
                name="servicemode_travel_on_site",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_mode_display())


class ServiceMachine(models.Model):
    """So many machines of a kind that a meeting in the centre needs."""

    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="machines"
    )
    kind = models.ForeignKey(MachineKind, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveSmallIntegerField(_("how many"), default=1)

    class Meta:
        verbose_name = _("machines of a service")
        verbose_name_plural = _("machines of services")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "kind"], name="servicemachine_kind_once"
            ),
            models.CheckConstraint(
                condition=Q(count__gte=1), name="servicemachine_some"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} × {self.kind}"


class IntakeQuestion(models.Model):
    """What the consultant wants to know before; answers keep an old question alive."""

    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="questions"
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    text_fa = models.CharField(_("question"), max_length=200)
    text_en = models.CharField(_("question in English"), max_length=200, blank=True)
    is_required = models.BooleanField(_("must be answered"), default=False)
    is_active = models.BooleanField(_("asked"), default=True)

    class Meta:
        verbose_name = _("intake question")
        verbose_name_plural = _("intake questions")
        ordering = ["service", "order", "pk"]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return localized(self, "text")


# An end at midnight is the end of that day, because no time of day says 24:00.
MIDNIGHT = dt.time(0)
ENDS_AFTER_START = Q(end_time__gt=F("start_time")) | Q(end_time=MIDNIGHT)


class WeeklyAvailabilityQuerySet(models.QuerySet["WeeklyAvailability"]):
    def touching(self, first: dt.date, last: dt.date) -> WeeklyAvailabilityQuerySet:
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
        expired = (
            Offering.objects.filter(parties__held_until__lte=now)
            .annotate(expired_places=Sum("parties__size"))
            .filter(expired_places__gte=F("seats_taken"))
        )
        return self.live().filter(offering__in=expired.values("pk"))


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
