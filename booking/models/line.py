"""The line of a full offering: turns, and the offers that are made to them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.models.offerings import Offering
from booking.models.places import Party


class EntryState(models.TextChoices):
    APPLIED = "applied", _("Applied for the draw")
    WAITING = "waiting", _("Waiting")
    OFFERED = "offered", _("Offered a place")
    TAKEN = "taken", _("Took the place")
    DECLINED = "declined", _("Declined the place")
    LEFT = "left", _("Left the list")
    WITHDRAWN = "withdrawn", _("Ended by the centre")


OPEN_ENTRY = (EntryState.APPLIED, EntryState.WAITING, EntryState.OFFERED)


class WaitingEntryQuerySet(models.QuerySet["WaitingEntry"]):
    def waiting(self) -> WaitingEntryQuerySet:
        return self.filter(state=EntryState.WAITING)

    def in_line(self) -> WaitingEntryQuerySet:
        """Who comes next: first those who never let an offer pass.

        Among them the order of the draw counts, then that of arrival. Joining locks
        the offering first, so that within one offering the primary key is the order
        of arrival.
        """
        return self.waiting().order_by("missed_offers", "rank", "pk")

    def ahead_of(self, entry: WaitingEntry) -> WaitingEntryQuerySet:
        """Who waits before this entry, among these; the order is that of `in_line`."""
        same_silence = Q(missed_offers=entry.missed_offers)
        return self.waiting().filter(
            Q(missed_offers__lt=entry.missed_offers)
            | same_silence & Q(rank__lt=entry.rank)
            | same_silence & Q(rank=entry.rank, pk__lt=entry.pk)
        )

    def applied(self) -> WaitingEntryQuerySet:
        """Those that a draw will put in order."""
        return self.filter(state=EntryState.APPLIED)

    def drawn(self) -> WaitingEntryQuerySet:
        """Those that a draw put in order, whatever became of them, in that order."""
        return self.filter(number__isnull=False, rank__gt=0).order_by("rank")


class WaitingEntry(models.Model):
    """A party's place in the line of a full offering."""

    party = models.OneToOneField(
        Party, on_delete=models.PROTECT, related_name="waiting_entry"
    )
    offering = models.ForeignKey(
        Offering, on_delete=models.PROTECT, related_name="waiting_entries"
    )
    state = models.CharField(max_length=10, choices=EntryState)
    places = models.PositiveSmallIntegerField(default=1)
    missed_offers = models.PositiveSmallIntegerField(default=0)
    joined_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    # Of an application for a draw: 1, 2, 3 … by arrival, within the offering.
    number = models.PositiveIntegerField(null=True, editable=False)
    # What the draw gave, from 1; who comes after a draw stands behind all of it, and
    # without a draw everybody has 0.
    rank = models.PositiveIntegerField(default=0, editable=False)

    objects = WaitingEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiting-list entry")
        verbose_name_plural = _("waiting list")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=EntryState.values),
                name="waitingentry_state_known",
            ),
            models.UniqueConstraint(
                fields=["offering", "number"],
                condition=Q(number__isnull=False),
                name="waitingentry_number_once",
            ),
            models.UniqueConstraint(
                fields=["offering", "rank"],
                condition=Q(number__isnull=False, rank__gt=0),
                name="waitingentry_rank_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="applied") | Q(number__isnull=False, rank=0),
                name="waitingentry_applied_with_number",
            ),
        ]
        indexes = [
            models.Index(
                fields=["offering", "missed_offers", "rank", "id"],
                condition=Q(state="waiting"),
                name="waitingentry_line",
            )
        ]

    def __str__(self) -> str:
        return f"waiting entry {self.pk}"


class OfferState(models.TextChoices):
    OPEN = "open", _("Open")
    TAKEN = "taken", _("Taken")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class OfferQuerySet(models.QuerySet["Offer"]):
    def open(self) -> OfferQuerySet:
        return self.filter(state=OfferState.OPEN)


class Offer(models.Model):
    """Freed places, kept for one party in line until a deadline."""

    entry = models.ForeignKey(
        WaitingEntry, on_delete=models.PROTECT, related_name="offers"
    )
    offering = models.ForeignKey(
        Offering, on_delete=models.PROTECT, related_name="offers"
    )
    places = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=OfferState, default="open")
    nonce = models.CharField(max_length=32)
    link_digest = models.CharField(max_length=64, unique=True, null=True)
    # Larger parties before this one had been waited for until then; empty when it was
    # simply its turn.
    passed_from_at = models.DateTimeField(null=True, editable=False)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state="open"), name="offer_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OfferState.values), name="offer_state_known"
            ),
            models.CheckConstraint(
                condition=Q(passed_from_at=None) | Q(passed_from_at__lte=F("made_at")),
                name="offer_passed_after_waiting",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state="open"), name="offer_expiry"
            )
        ]

    def __str__(self) -> str:
        return f"offer {self.pk}"
