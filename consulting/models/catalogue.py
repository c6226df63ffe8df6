"""Consulting services: what is offered, how, with what, and what is asked."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from booking.models import MachineKind, Room
from persian.text import localized

QUARTER = 15


class Mode(models.TextChoices):
    IN_PERSON = "in_person", _("In the centre")
    PHONE = "phone", _("By phone")
    VIDEO = "video", _("By video")
    ON_SITE = "on_site", _("In your workshop")


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
    needs_approval = models.BooleanField(
        _("staff decide about each appointment"), default=False
    )
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
