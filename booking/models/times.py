"""Times: rooms, machines and people as resources, and what takes them when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, User
from persian.text import localized


class Room(models.Model):
    """A place in the centre where people meet."""

    code = models.SlugField(_("code"), max_length=12, unique=True)
    name_fa = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    capacity = models.PositiveSmallIntegerField(_("capacity"))
    location_fa = models.CharField(_("where it is"), max_length=120, blank=True)
    location_en = models.CharField(
        _("where it is, in English"), max_length=120, blank=True
    )
    is_step_free = models.BooleanField(_("step-free"), default=False)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__gte=1), name="room_capacity_positive"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return localized(self, "name")

    @property
    def location(self) -> str:
        return localized(self, "location")


class MachineKind(models.Model):
    """A kind of machine; each single machine is a resource of its own."""

    code = models.SlugField(_("code"), max_length=12, unique=True)
    name_fa = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.PROTECT, related_name="machines"
    )

    class Meta:
        verbose_name = _("kind of machine")
        verbose_name_plural = _("kinds of machine")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return localized(self, "name")


class ResourceKind(models.TextChoices):
    PERSON = "person", _("Person")
    ROOM = "room", _("Room")
    MACHINE = "machine", _("Machine")


class Resource(models.Model):
    """Whatever can be in one place at a time: a person, a room, a single machine."""

    kind = models.CharField(max_length=8, choices=ResourceKind)
    person = models.OneToOneField(
        Person, null=True, on_delete=models.PROTECT, related_name="resource"
    )
    room = models.OneToOneField(
        Room, null=True, on_delete=models.PROTECT, related_name="resource"
    )
    machine_kind = models.ForeignKey(
        MachineKind, null=True, on_delete=models.PROTECT, related_name="resources"
    )
    number = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(kind="person", person__isnull=False, room=None, machine_kind=None)
                    | Q(kind="room", person=None, room__isnull=False, machine_kind=None)
                    | Q(
                        kind="machine",
                        person=None,
                        room=None,
                        machine_kind__isnull=False,
                        number__isnull=False,
                    )
                ),
                name="resource_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["machine_kind", "number"], name="resource_machine_number"
            ),
        ]

    def __str__(self) -> str:
        if self.kind == ResourceKind.PERSON:
            return str(self.person)
        if self.kind == ResourceKind.ROOM:
            return str(self.room)
        return f"{self.machine_kind} {self.number}"


class BlockKind(models.TextChoices):
    CLASS_SESSION = "class_session", _("Class session")
    MEETING = "meeting", _("Consultation")
    LEAVE = "leave", _("Leave")
    CLOSURE = "closure", _("Closure")


STANDING_BLOCKS = (BlockKind.LEAVE, BlockKind.CLOSURE)


class TimeBlockQuerySet(models.QuerySet["TimeBlock"]):
    def active(self) -> TimeBlockQuerySet:
        return self.filter(ended_at=None)


class TimeBlock(models.Model):
    """An interval that takes resources: a class, a meeting, leave, a closure."""

    kind = models.CharField(max_length=14, choices=BlockKind)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TimeBlockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="timeblock_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=BlockKind.values), name="timeblock_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Claim(models.Model):
    """One resource, taken by one block, from when to when; buffers included.

    A standing claim (leave, closure) takes whatever is free in its interval and
    inherits the rest when bookings inside it go.
    """

    block = models.ForeignKey(
        TimeBlock, on_delete=models.PROTECT, related_name="claims"
    )
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="claims"
    )
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    is_standing = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["block", "resource"],
                condition=Q(ended_at=None),
                name="claim_resource_once",
            ),
            models.CheckConstraint(
                condition=Q(to_at__gt=F("from_at")), name="claim_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["resource", "to_at"], name="claim_by_resource")]


class BusyCell(models.Model):
    """A quarter of an hour of one resource that is taken; the unique pair is the rule.

    `cell` counts quarters since 1970 in UTC.
    """

    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="busy_cells"
    )
    cell = models.IntegerField()
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="cells")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "cell"], name="busycell_taken_once"
            )
        ]
