"""Places: the parties that book them, and their reservations."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Firm, Person, SizeClass, User
from booking.models.offerings import Offering
from core.compiled import Given


class PartyQuerySet(models.QuerySet["Party"]):
    def with_live_hold(self, now: dt.datetime | Given) -> PartyQuerySet:
        """Parties whose places are held and whose time has not run out."""
        return self.filter(held_until__gt=now)

    def with_expired_hold(self, now: dt.datetime | Given) -> PartyQuerySet:
        """Parties whose time ran out and whose places were not yet given back."""
        return self.filter(held_until__lte=now)


class Party(models.Model):
    """People who are booked together, by one booker, under one reference."""

    offering = models.ForeignKey(
        Offering, on_delete=models.PROTECT, related_name="parties"
    )
    booked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="parties"
    )
    reference = models.CharField(max_length=8, unique=True)
    size = models.PositiveSmallIntegerField(default=1)
    held_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = PartyQuerySet.as_manager()

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=1), name="party_not_empty"),
            models.UniqueConstraint(
                fields=["offering", "booked_by"],
                condition=Q(held_until__isnull=False),
                name="party_one_hold",
            ),
        ]
        indexes = [
            models.Index(
                fields=["held_until"],
                condition=Q(held_until__isnull=False),
                name="party_held_until",
            )
        ]

    def __str__(self) -> str:
        return self.reference


class ReservationState(models.TextChoices):
    WAITING = "waiting", _("On the waiting list")
    HELD = "held", _("Held while the form is open")
    PENDING = "pending", _("Waiting for approval")
    CONFIRMED = "confirmed", _("Confirmed")
    COMPLETED = "completed", _("Completed")
    INCOMPLETE = "incomplete", _("Not completed")
    NO_SHOW = "no_show", _("Did not come")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")
    REFUSED = "refused", _("Refused")
    TRANSFERRED = "transferred", _("Transferred")


LIVE = (
    ReservationState.HELD,
    ReservationState.PENDING,
    ReservationState.CONFIRMED,
)
SEATED = (
    *LIVE,
    ReservationState.COMPLETED,
    ReservationState.INCOMPLETE,
    ReservationState.NO_SHOW,
)
# A person stands once in an offering, whether with a seat or in the line for one.
STANDING = (*LIVE, ReservationState.WAITING)
# Why a place that was only held ended: nobody ever booked it.
GIVEN_BACK = "given_back"
# How a place can end that was there when the thing took place; it keeps its seat.
OVER = (
    ReservationState.COMPLETED,
    ReservationState.INCOMPLETE,
    ReservationState.NO_SHOW,
)


# Reasons that the system writes by itself.
END_WORDS = {
    "by_rule": _("by the roll"),
    "unmarked": _("nobody said otherwise"),
    "same_days": "",
    "lapsed": _("no answer in time"),
    "silent": _("two offers passed without an answer"),
    "started": _("it has begun"),
    "declined": _("the offer was declined"),
    "left": _("left the waiting list"),
    "passed_on": _("passed on"),
    GIVEN_BACK: _("given back"),
}


class ApprovalReason(models.TextChoices):
    """Why the staff decide before a place is firm; kept as codes."""

    ALWAYS = "always", _("Everyone needs approval here")
    PREREQUISITE = "prerequisite", _("The prerequisite is not shown")
    CLUSTER = "cluster", _("The workshop is not known as a cluster member")
    NO_SHOWS = "no_shows", _("Did not come several times")


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def live(self) -> ReservationQuerySet:
        """Held, pending or confirmed."""
        return self.filter(state__in=LIVE)

    def seated(self) -> ReservationQuerySet:
        """Those that count in the offering's taken seats."""
        return self.filter(state__in=SEATED)

    def confirmed(self) -> ReservationQuerySet:
        return self.filter(state=ReservationState.CONFIRMED)

    def without_holds(self) -> ReservationQuerySet:
        """What people booked or asked for, not what a form only held."""
        never_asked = Q(state=ReservationState.EXPIRED, approval_until=None)
        given_back = Q(state=ReservationState.CANCELLED, end_reason=GIVEN_BACK)
        held = Q(state=ReservationState.HELD)
        return self.exclude(never_asked | given_back | held)

    def pending(self) -> ReservationQuerySet:
        """Those about which the staff still have to decide."""
        return self.filter(state=ReservationState.PENDING)

    def visible_to(self, user: User | Given) -> ReservationQuerySet:
        """What this user booked, and what stands for them or whom they manage."""
        return self.filter(
            Q(party__booked_by=user) | Q(person__user=user) | Q(person__managed_by=user)
        )


class Reservation(models.Model):
    """One place of one party: an enrolment in a run, an appointment in a meeting.

    The fields after `end_reason` are a snapshot for later reports: the firm may grow
    and the fee may change, what was true at the booking stays.
    """

    party = models.ForeignKey(
        Party, on_delete=models.PROTECT, related_name="reservations"
    )
    offering = models.ForeignKey(
        Offering, on_delete=models.PROTECT, related_name="reservations"
    )
    person = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reservations",
    )
    state = models.CharField(max_length=12, choices=ReservationState)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)
    previous = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="successors",
    )
    firm = models.ForeignKey(
        Firm, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    firm_size_class = models.CharField(
        max_length=8, choices=SizeClass, default=SizeClass.UNKNOWN
    )
    is_cluster_member = models.BooleanField(default=False)
    fee_rial = models.PositiveBigIntegerField(default=0)
    support_percent = models.PositiveSmallIntegerField(default=0)
    # Codes of ApprovalReason with spaces between; "" for a place that is firm at once.
    approval_for = models.CharField(max_length=60, blank=True)
    approval_until = models.DateTimeField(null=True, blank=True)
    statement = models.CharField(_("own statement"), max_length=500, blank=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        constraints = [
            models.UniqueConstraint(
                fields=["offering", "person"],
                condition=Q(state__in=STANDING),
                name="reservation_person_stands_once",
            ),
            models.UniqueConstraint(
                fields=["previous"],
                condition=Q(previous__isnull=False),
                name="reservation_one_successor",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ReservationState.values),
                name="reservation_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="pending") | Q(approval_until__isnull=False),
                name="reservation_pending_has_deadline",
            ),
            # A turn in line is nobody else's; only a place is passed on or moved.
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(previous=None),
                name="reservation_turn_is_own",
            ),
        ]
        indexes = [
            models.Index(fields=["offering", "state"], name="reservation_by_offering"),
            models.Index(fields=["person", "state"], name="reservation_by_person"),
            models.Index(
                fields=["approval_until"],
                condition=Q(state="pending"),
                name="reservation_approval_due",
            ),
        ]

    def __str__(self) -> str:
        return f"reservation {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def price_rial(self) -> int:
        """What this person pays after the support, in current rial."""
        return self.fee_rial * (100 - self.support_percent) // 100

    @property
    def is_seated(self) -> bool:
        """Whether it counts in the taken seats: it stands, or was there."""
        return self.state in SEATED

    @property
    def end_words(self) -> str:
        """Why it ended, in words; what staff wrote stays as it is."""
        return str(END_WORDS.get(self.end_reason, self.end_reason))

    @property
    def approval_reasons(self) -> tuple[ApprovalReason, ...]:
        """Why the staff decide about this place; empty when they need not."""
        return tuple(ApprovalReason(code) for code in self.approval_for.split())
