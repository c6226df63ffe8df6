"""What the staff forgave."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from booking.models.places import Reservation


class NoShowForgiven(models.Model):
    """The staff do not count this no-show any more; the reservation stays as it is."""

    reservation = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, related_name="forgiven"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=200)

    class Meta:
        verbose_name = _("forgiven no-show")
        verbose_name_plural = _("forgiven no-shows")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="noshowforgiven_with_reason"
            )
        ]

    def __str__(self) -> str:
        return f"forgiven no-show {self.reservation_id}"
