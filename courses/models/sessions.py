"""Class sessions: when they take place, who was told, and who was there."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, User
from booking.models import Reservation, Room, TimeBlock
from courses.display import teacher_names
from courses.models.catalogue import Course
from courses.models.runs import CourseRun, RunState


class SessionState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    CANCELLED = "cancelled", _("Cancelled")


class ClassSessionQuerySet(models.QuerySet["ClassSession"]):
    def planned(self) -> ClassSessionQuerySet:
        """Those that take place or took place."""
        return self.filter(state=SessionState.PLANNED)

    def between(self, from_at: dt.datetime, to_at: dt.datetime) -> ClassSessionQuerySet:
        """Those that start in a half-open interval, by time."""
        return self.filter(starts_at__gte=from_at, starts_at__lt=to_at).order_by(
            "starts_at", "pk"
        )

    def taught_by(self, person: Person) -> ClassSessionQuerySet:
        """Class sessions of published runs that this person teaches."""
        return self.filter(instructors=person, run__state=RunState.PUBLISHED)


class ClassSession(models.Model):
    """One meeting of a run.

    UTC is what everything reckons with; the wall time and zone beside it are what was
    promised, in case the zone's rules change. Room and instructors begin as the run's;
    another room or a substitute for one day belongs to this class session alone.
    """

    run = models.ForeignKey(
        CourseRun, on_delete=models.PROTECT, related_name="sessions"
    )
    number = models.PositiveSmallIntegerField(_("number"))
    room = models.ForeignKey(
        Room,
        on_delete=models.PROTECT,
        related_name="class_sessions",
        verbose_name=_("room"),
    )
    instructors = models.ManyToManyField(
        Person, related_name="taught_sessions", verbose_name=_("instructors")
    )
    block = models.OneToOneField(
        TimeBlock, on_delete=models.PROTECT, related_name="class_session"
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    wall_on = models.DateField()
    wall_start = models.TimeField()
    wall_end = models.TimeField()
    zone = models.CharField(max_length=40)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    schedule_version = models.PositiveIntegerField(default=0)
    state = models.CharField(
        _("state"), max_length=10, choices=SessionState, default=SessionState.PLANNED
    )
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)
    changed_at = models.DateTimeField()

    objects = ClassSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("class session")
        verbose_name_plural = _("class sessions")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "number"], name="classsession_number_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="classsession_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SessionState.values),
                name="classsession_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at", "state"], name="classsession_by_start")
        ]

    def __str__(self) -> str:
        return f"{self.run.code} {self.number}"

    @property
    def is_planned(self) -> bool:
        return self.state == SessionState.PLANNED

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def instructor_names(self) -> str:
        """Names in the reader's language, joined."""
        return teacher_names(self.instructors.all())


class SessionChange(models.Model):
    """Append-only: when a class session got another time or room or ended, and why.

    Rooms are empty for a change that left the room alone.
    """

    class_session = models.ForeignKey(
        ClassSession, on_delete=models.PROTECT, related_name="changes"
    )
    schedule_version = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    from_starts_at = models.DateTimeField()
    to_starts_at = models.DateTimeField(null=True)
    from_room = models.ForeignKey(
        Room, null=True, on_delete=models.PROTECT, related_name="+"
    )
    to_room = models.ForeignKey(
        Room, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["class_session", "schedule_version"],
                name="sessionchange_version_once",
            )
        ]


class TeacherChange(models.Model):
    """Append-only: who was put on a class session as an instructor, or taken off."""

    class_session = models.ForeignKey(
        ClassSession, on_delete=models.PROTECT, related_name="teacher_changes"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    is_on = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)


class NoticeKind(models.TextChoices):
    MOVED = "moved", _("Moved")
    CANCELLED = "cancelled", _("Cancelled")
    REMINDER = "reminder", _("Reminder")
    ADDED = "added", _("Added")
    INVITED = "invited", _("Invited")
    UNINVITED = "uninvited", _("Invitation taken back")
    LATE = "late", _("Will be late")


class SessionNotice(models.Model):
    """What one enrolled person hears about one version of a class session.

    The outbox knows its subject by one number; this row stands for the pair of the
    class session and the enrolment.
    """

    class_session = models.ForeignKey(
        ClassSession, on_delete=models.PROTECT, related_name="notices"
    )
    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, related_name="session_notices"
    )
    kind = models.CharField(max_length=10, choices=NoticeKind)
    schedule_version = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["class_session", "reservation", "kind", "schedule_version"],
                name="sessionnotice_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=NoticeKind.values), name="sessionnotice_kind_known"
            ),
        ]


class Mark(models.TextChoices):
    PRESENT = "present", _("Present")
    ABSENT = "absent", _("Absent")
    LATE = "late", _("Late")
    EXCUSED = "excused", _("Excused")


THERE = (Mark.PRESENT, Mark.LATE)


class Attendance(models.Model):
    """Whether an enrolled person was at a class session, and for how long."""

    class_session = models.ForeignKey(
        ClassSession, on_delete=models.PROTECT, related_name="attendances"
    )
    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, related_name="attendances"
    )
    mark = models.CharField(_("mark"), max_length=8, choices=Mark)
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=0)
    marked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        constraints = [
            models.UniqueConstraint(
                fields=["class_session", "reservation"], name="attendance_once"
            ),
            models.CheckConstraint(
                condition=Q(mark__in=Mark.values), name="attendance_mark_known"
            ),
            models.CheckConstraint(
                condition=Q(mark__in=THERE) | Q(minutes=0),
                name="attendance_absent_has_no_minutes",
            ),
        ]


class AttendanceChange(models.Model):
    """Append-only: every mark that was set, so that a correction leaves a trace."""

    attendance = models.ForeignKey(
        Attendance, on_delete=models.PROTECT, related_name="changes"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_mark = models.CharField(max_length=8, blank=True)
    to_mark = models.CharField(max_length=8, choices=Mark)


class CourseInterestQuerySet(models.QuerySet["CourseInterest"]):
    def unanswered(self) -> CourseInterestQuerySet:
        """Those who were not told of a run since they asked."""
        return self.filter(notified_at=None)


class CourseInterest(models.Model):
    """A person who wants to hear when a run of this course opens."""

    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="interests"
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="course_interests"
    )
    created_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True, blank=True)
    notified_run = models.ForeignKey(
        CourseRun, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = CourseInterestQuerySet.as_manager()

    class Meta:
        verbose_name = _("interest in a course")
        verbose_name_plural = _("interest in courses")
        constraints = [
            models.UniqueConstraint(
                fields=["course", "person"], name="courseinterest_once"
            )
        ]
