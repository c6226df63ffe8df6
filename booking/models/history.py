"""What happened to places, turns and offers; rows are only ever added."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import User
from booking.models.line import Offer, WaitingEntry
from booking.models.places import Reservation


class StatusChange(models.Model):
    """Append-only: who changed what, when, from what to what, and why."""

    reservation = models.ForeignKey(
        Reservation,
        null=True,
        on_delete=models.PROTECT,
        related_name="status_changes",
    )
    entry = models.ForeignKey(
        WaitingEntry,
        null=True,
        on_delete=models.PROTECT,
        related_name="status_changes",
    )
    offer = models.ForeignKey(
        Offer, null=True, on_delete=models.PROTECT, related_name="status_changes"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(reservation__isnull=False, entry=None, offer=None)
                    | Q(reservation=None, entry__isnull=False, offer=None)
                    | Q(reservation=None, entry=None, offer__isnull=False)
                ),
                name="statuschange_one_subject",
            )
        ]
