"""The dated runs of the courses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, User
from booking.models import (
    Draw,
    Offering,
    Reservation,
    ReservationState,
    Room,
)
from courses.display import clock_text, days_text, teacher_names
from courses.models.catalogue import ASCII_CODE, LONG_TEXTS, Course
from persian.text import localized

if TYPE_CHECKING:
    from courses.models.sessions import ClassSession, ClassSessionQuerySet


class RunState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    CANCELLED = "cancelled", _("Cancelled")


class Audience(models.TextChoices):
    ANY = "any", _("For everyone")
    WOMEN = "women", _("Women only")
    CLUSTER = "cluster", _("Workshops of the cluster only")


class Approval(models.TextChoices):
    """Whether the staff decide before a place in a run is firm."""

    NONE = "none", _("Not needed")
    PREREQUISITE = "prereq", _("Of who has not completed the prerequisite")
    ALWAYS = "always", _("Of everyone")


class Phase(models.TextChoices):
    """Where a run stands, read from its state and its dates."""

    DRAFT = "draft", _("Draft")
    CANCELLED = "cancelled", _("Cancelled")
    ANNOUNCED = "announced", _("Booking opens later")
    OPEN = "open", _("Open for booking")
    FULL = "full", _("Full")
    DRAW = "draw", _("Places by draw")
    CLOSED = "closed", _("Booking closed")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")


class CourseRunQuerySet(models.QuerySet["CourseRun"]):
    def listed(self, now: dt.datetime) -> CourseRunQuerySet:
        """What the public list shows, nearest first, with all that a card needs.

        Published runs whose booking window has not closed; a full one and one whose
        booking opens later are there too.
        """
        return (
            self.filter(
                Q(offering__closes_at=None) | Q(offering__closes_at__gt=now),
                state=RunState.PUBLISHED,
                offering__is_open=True,
                last_session_at__gt=now,
            )
            .with_details(now)
            .defer(*(f"course__{name}" for name in LONG_TEXTS))
            .order_by("first_session_at", "pk")
        )

    def with_details(
        self, now: dt.datetime, sessions: ClassSessionQuerySet | None = None
    ) -> CourseRunQuerySet:
        """Everything that cards and pages read, in a fixed number of queries.

        `sessions` are read with what a page needs of them beyond their times.
        `expired_places` are held places whose time is over: they are subtracted for
        display here, and given back by the next POST or tick.
        """
        expired = (
            Reservation.objects.filter(
                offering=OuterRef("offering"),
                state=ReservationState.HELD,
                party__held_until__lte=now,
            )
            .order_by()
            .values("offering")
            .annotate(n=Count("pk"))
            .values("n")
        )
        people = Person.objects.select_related("teaching_profile__person")
        return (
            self.select_related("course", "offering__draw", "room")
            .prefetch_related(
                Prefetch("sessions", queryset=sessions),
                Prefetch("instructors", queryset=people.order_by("pk")),
            )
            .annotate(expired_places=Coalesce(Subquery(expired), 0))
        )

    def visible_to(self, person: Person) -> CourseRunQuerySet:
        """Runs that this person teaches, or a class session of them."""
        own = Q(instructors=person) | Q(sessions__instructors=person)
        return self.filter(pk__in=CourseRun.objects.filter(own).values("pk"))

    def upcoming(self, now: dt.datetime) -> CourseRunQuerySet:
        """Runs that are not over, nearest first; drafts and cancelled ones too."""
        return self.filter(last_session_at__gt=now).order_by("first_session_at", "pk")

    def public(self) -> CourseRunQuerySet:
        """Runs whose page anyone may open: those that were once published."""
        return self.exclude(state=RunState.DRAFT).exclude(published_at=None)

    def to_close(self, over_at: dt.datetime) -> CourseRunQuerySet:
        """Published runs that were over at a moment and have places without an end."""
        left = Reservation.objects.confirmed().filter(offering=OuterRef("offering"))
        return self.filter(
            Q(closed_at=None) | Exists(left),
            state=RunState.PUBLISHED,
            last_session_at__lte=over_at,
        ).order_by("last_session_at", "pk")

    def published(self) -> CourseRunQuerySet:
        return self.filter(state=RunState.PUBLISHED)


class CourseRun(models.Model):
    """One dated offering of a course.

    `first_session_at` and `last_session_at` (the end of the last one) follow the
    class sessions that take place; the services keep them.
    """

    code = models.CharField(
        _("code"), max_length=20, unique=True, validators=[ASCII_CODE]
    )
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="runs", verbose_name=_("course")
    )
    offering = models.OneToOneField(
        Offering, on_delete=models.PROTECT, related_name="course_run"
    )
    instructors = models.ManyToManyField(
        Person, related_name="taught_runs", verbose_name=_("instructors")
    )
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, related_name="runs", verbose_name=_("room")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=RunState, default=RunState.DRAFT
    )
    audience = models.CharField(
        _("for whom"), max_length=7, choices=Audience, default=Audience.ANY
    )
    approval = models.CharField(
        _("approval"), max_length=6, choices=Approval, default=Approval.NONE
    )
    note_fa = models.TextField(_("note"), blank=True)
    note_en = models.TextField(_("note in English"), blank=True)
    min_to_run = models.PositiveSmallIntegerField(_("smallest group"), default=1)
    first_session_at = models.DateTimeField(_("first class session"))
    last_session_at = models.DateTimeField(_("end of the last class session"))
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)
    # When staff, or nobody (the tick), wrote how each place ended.
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = CourseRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("course run")
        verbose_name_plural = _("course runs")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RunState.values), name="courserun_state_known"
            ),
            models.CheckConstraint(
                condition=Q(audience__in=Audience.values),
                name="courserun_audience_known",
            ),
            models.CheckConstraint(
                condition=Q(approval__in=Approval.values),
                name="courserun_approval_known",
            ),
            models.CheckConstraint(
                condition=Q(min_to_run__gte=1), name="courserun_minimum_positive"
            ),
            models.CheckConstraint(
                condition=Q(last_session_at__gt=F("first_session_at")),
                name="courserun_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="courserun_published_when",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="cancelled", cancelled_at__isnull=False)
                    & ~Q(cancel_reason="")
                )
                | (~Q(state="cancelled") & Q(cancelled_at=None)),
                name="courserun_cancelled_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None)
                | Q(state="published", closed_at__gte=F("last_session_at")),
                name="courserun_closed_after_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "first_session_at"], name="courserun_by_start"
            )
        ]

    # The same as long as its texts are; only on a run that was read for a page
    # (courses/page_runs.py).
    texts_key: Hashable | None = None

    def __str__(self) -> str:
        return f"{self.course} {self.code}"

    @property
    def title(self) -> str:
        return self.course.title

    @property
    def note(self) -> str:
        return localized(self, "note")

    @property
    def price_rial(self) -> int:
        """What a person pays after the support, in current rial."""
        return self.offering.price_rial

    @property
    def places_left(self) -> int:
        """Places that the public may take; none while anyone waits."""
        if self.offering.waiting_parties or self.offering.awaits_draw:
            return 0
        expired = getattr(self, "expired_places", 0)
        return self.offering.capacity - self.offering.seats_taken + expired

    @property
    def is_full(self) -> bool:
        return self.places_left <= 0

    @property
    def draw(self) -> Draw | None:
        """How the places are or were given by draw, if they are."""
        draw: Draw | None = getattr(self.offering, "draw", None)
        return None if draw is None or draw.called_off_at else draw

    @property
    def is_women_only(self) -> bool:
        return self.audience == Audience.WOMEN

    @property
    def is_for_cluster(self) -> bool:
        return self.audience == Audience.CLUSTER

    @property
    def planned_sessions(self) -> list[ClassSession]:
        """Class sessions that take place, by time; uses what was prefetched."""
        planned = [s for s in self.sessions.all() if s.is_planned]
        return sorted(planned, key=lambda s: s.starts_at)

    def intervals_after(
        self, now: dt.datetime
    ) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """When its class sessions take place, as far as they are not over (UTC)."""
        for session in self.planned_sessions:
            if session.ends_at > now:
                yield session.starts_at, session.ends_at

    @property
    def hours(self) -> int:
        """Hours of the class sessions that take place, rounded."""
        return round(sum(session.minutes for session in self.planned_sessions) / 60)

    @property
    def days_text(self) -> str:
        """«شنبه و دوشنبه», by the week from Saturday."""
        return days_text(s.wall_on for s in self.planned_sessions)

    @property
    def clock_text(self) -> str:
        """«۱۶:۰۰ تا ۲۰:۰۰», or the commonest hours when they differ."""
        return clock_text((s.wall_start, s.wall_end) for s in self.planned_sessions)

    @property
    def instructor_names(self) -> str:
        """Names in the reader's language, joined."""
        return teacher_names(self.instructors.all())

    def is_listed(self, now: dt.datetime) -> bool:
        """Whether the public list shows it, as `CourseRunQuerySet.listed`."""
        closes_at = self.offering.closes_at
        is_on = self.state == RunState.PUBLISHED and self.last_session_at > now
        return is_on and self.offering.is_open and (not closes_at or closes_at > now)

    def phase(self, now: dt.datetime) -> Phase:
        """Where this run stands at a moment."""
        if self.state != RunState.PUBLISHED:
            return Phase(self.state)
        if self.last_session_at <= now:
            return Phase.FINISHED
        if self.offering.is_bookable(now):
            if self.offering.awaits_draw:
                return Phase.DRAW
            return Phase.FULL if self.is_full else Phase.OPEN
        opens_at = self.offering.opens_at
        if self.offering.is_open and opens_at and opens_at > now:
            return Phase.ANNOUNCED
        return Phase.RUNNING if self.first_session_at <= now else Phase.CLOSED
