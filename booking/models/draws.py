"""Places by draw: what was promised before, and what everybody can verify after."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from booking.models.offerings import Offering
from core.sealed import SealedJSONField


class DrawPhase(models.TextChoices):
    """Where a draw stands, read from its moments."""

    ANNOUNCED = "announced", _("Applications open later")
    OPEN = "open", _("Applications are open")
    CLOSED = "closed", _("The draw is being made")
    DRAWN = "drawn", _("The draw is done")
    CALLED_OFF = "called_off", _("Called off")


class Draw(models.Model):
    """How the places of an offering that many want are given.

    The commitment (SHA-256 of the seed) is public from the beginning; the seed stays
    sealed until the draw, and is public afterwards together with the digest of the
    applications. All moments are aware.
    """

    offering = models.OneToOneField(
        Offering, on_delete=models.PROTECT, related_name="draw"
    )
    commitment = models.CharField(max_length=64, editable=False)
    sealed_seed = SealedJSONField(editable=False)
    committed_at = models.DateTimeField(editable=False)
    committed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    opens_at = models.DateTimeField(_("applications open"))
    closes_at = models.DateTimeField(_("applications close"))
    called_off_at = models.DateTimeField(null=True, blank=True)
    drawn_at = models.DateTimeField(null=True, editable=False)
    seed = models.CharField(max_length=64, blank=True, editable=False)
    list_digest = models.CharField(max_length=64, blank=True, editable=False)
    applications = models.PositiveIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("draw")
        verbose_name_plural = _("draws")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    committed_at__lte=F("opens_at"), opens_at__lt=F("closes_at")
                ),
                name="draw_committed_before_it_opens",
            ),
            models.CheckConstraint(
                condition=Q(
                    drawn_at=None, seed="", list_digest="", applications__isnull=True
                )
                | (
                    Q(drawn_at__gte=F("closes_at"), applications__isnull=False)
                    & Q(called_off_at=None)
                    & ~Q(seed="")
                    & ~Q(list_digest="")
                ),
                name="draw_result_is_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["closes_at"],
                condition=Q(drawn_at=None, called_off_at=None),
                name="draw_due",
            )
        ]

    def __str__(self) -> str:
        return f"draw {self.pk}"

    def phase(self, now: dt.datetime) -> DrawPhase:
        """Where this draw stands at a moment."""
        if self.called_off_at:
            return DrawPhase.CALLED_OFF
        if self.drawn_at:
            return DrawPhase.DRAWN
        if now < self.opens_at:
            return DrawPhase.ANNOUNCED
        return DrawPhase.OPEN if now < self.closes_at else DrawPhase.CLOSED
