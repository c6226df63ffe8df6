"""Long work: rows that say what is asked for and how far it has come."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.languages import Language


class WorkState(models.TextChoices):
    WAITING = "waiting", _("Not begun yet")
    RUNNING = "running", _("In progress")
    DONE = "done", _("Done")
    FAILED = "failed", _("Stopped")


ENDED = (WorkState.DONE, WorkState.FAILED)


class WorkQuerySet(models.QuerySet["Work"]):
    def due(self, now: dt.datetime) -> WorkQuerySet:
        """What nobody works at: not begun, or its worker died or made a pause."""
        left = Q(state=WorkState.RUNNING, lease_until__lte=now)
        return self.filter(Q(state=WorkState.WAITING) | left).order_by("pk")

    def leased(self, work_id: int, token: str) -> WorkQuerySet:
        """The row, as long as whoever has this token may work at it."""
        return self.filter(pk=work_id, state=WorkState.RUNNING, lease_token=token)

    def of(self, actor: int) -> WorkQuerySet:
        """What one user asked for, the newest first."""
        return self.filter(actor=actor).order_by("-pk")


class Work(models.Model):
    """One long work: the truth about how far it is.

    `actor` is the primary key of the user who asked for it, `language` theirs: what is
    written down for them is in it. `cursor` is where the next chunk begins, in terms of
    the kind. `tries` counts workers that took it up since it last went forward.
    """

    kind = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    actor = models.BigIntegerField()
    language = models.CharField(max_length=2, choices=Language)
    state = models.CharField(max_length=7, choices=WorkState, default=WorkState.WAITING)
    # Empty until it was counted.
    total = models.PositiveIntegerField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("long work")
        verbose_name_plural = _("long work")
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["waiting", "running"]),
                name="work_open",
            ),
            models.Index(fields=["actor", "-id"], name="work_of_actor"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=WorkState.values), name="work_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_until__isnull=True)),
                name="work_lease_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False)
                | (~Q(state__in=ENDED) & Q(ended_at__isnull=True)),
                name="work_ended_with_time",
            ),
            models.CheckConstraint(
                condition=Q(state="failed") & ~Q(failure="")
                | ~Q(state="failed") & Q(failure=""),
                name="work_failed_with_words",
            ),
            models.CheckConstraint(
                condition=Q(total=None, done=0)
                | Q(total__isnull=False, done__lte=F("total")),
                name="work_done_within_total",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(total__isnull=False, done=F("total")),
                name="work_done_is_all",
            ),
        ]

    def __str__(self) -> str:
        return f"work {self.pk} {self.kind} {self.state}"

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED


class WorkPiece(models.Model):
    """What one chunk brought, until the result is put together from all of them."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="pieces")
    number = models.BigIntegerField()
    content = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["work", "number"], name="workpiece_once")
        ]


class WorkFile(models.Model):
    """The file that a work made.

    It stands in the database: any web process can give it, a backup has it together
    with its row, and it is gone for good when it is swept.
    """

    work = models.OneToOneField(Work, on_delete=models.CASCADE, related_name="file")
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="workfile_by_age")]
