"""What the centre's people have to do by hand: calls, answers, faults."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from booking.models import Reservation
from consulting.models import Meeting
from courses.models import ClassSession


class TaskKind(models.TextChoices):
    CALL_BACK = "call_back", _("Wants to be called")
    CANNOT_COME = "cannot_come", _("Cannot come, too late to cancel alone")
    LATE = "late", _("Will be late")
    UNREACHED = "unreached", _("Not reached by SMS")
    ANSWER = "answer", _("Wrote to us")
    FAULT = "fault", _("Something is wrong with the messages")


class TaskResult(models.TextChoices):
    REACHED = "reached", _("Reached")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    DONE = "done", _("Done")
    LAPSED = "lapsed", _("Its time is over")


class StaffTaskQuerySet(models.QuerySet["StaffTask"]):
    def open(self) -> StaffTaskQuerySet:
        """What is still to be done, the most pressing first."""
        return self.filter(closed_at=None).order_by(
            F("due_at").asc(nulls_last=True), "pk"
        )

    def calls_since(self, changed_at: dt.datetime) -> StaffTaskQuerySet:
        """Calls to whom the SMS did not reach, in order.

        One that ended before a change told nothing of it.
        """
        has_news = Q(closed_at=None) | Q(closed_at__gte=changed_at)
        return self.filter(has_news, kind=TaskKind.UNREACHED).order_by("pk")

    def about(self, reservation: Reservation) -> StaffTaskQuerySet:
        """Tasks that a place or an appointment brought."""
        return self.filter(reservation=reservation)


class StaffTask(models.Model):
    """One thing to do; `due_at` is when it loses its use (a start), if ever.

    `key` says what it is about: there is one open task for each.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=TaskKind)
    key = models.CharField(max_length=200)
    phone = models.CharField(_("mobile"), max_length=16, blank=True)
    reservation = models.ForeignKey(
        Reservation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    class_session = models.ForeignKey(
        ClassSession, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    meeting = models.ForeignKey(
        Meeting, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # What a person wrote, or the code of a fault.
    text = models.TextField(_("text"), blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(
        _("result"), max_length=12, choices=TaskResult, blank=True
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = StaffTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(closed_at=None), name="stafftask_open"
            ),
            models.Index(fields=["key", "-created_at"], name="stafftask_by_key"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(closed_at=None),
                name="stafftask_one_open",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=TaskKind.values), name="stafftask_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(result="", closed_at=None)
                | Q(result__in=TaskResult.values, closed_at__isnull=False),
                name="stafftask_closed_with_result",
            ),
            models.CheckConstraint(
                condition=Q(tries=0, tried_at=None)
                | Q(tries__gt=0, tried_at__isnull=False),
                name="stafftask_tried_with_time",
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.pk} {self.kind}"

    def is_too_late(self, now: dt.datetime) -> bool:
        """Whether what it is about has begun."""
        return self.due_at is not None and self.due_at <= now
