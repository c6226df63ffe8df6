"""Who wants a time that opens, and the times that were kept for them.

The waiting list of booking is the line of one offering. Here the line is that of a
service, and what is offered did not exist before: a consulting hour becomes an offering
only when somebody takes it. So the line has a table of its own. What is kept for
somebody is no new thing: an ordinary hold with a longer deadline, whose seat, cells and
release are booking's.
"""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, User
from booking.models import OfferState, Party, Reservation
from consulting.models.catalogue import Mode, Service
from core.links import secret_for


class WishState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    OFFERED = "offered", _("Offered a time")
    TAKEN = "taken", _("Took the time")
    LEFT = "left", _("Waits no more")
    WITHDRAWN = "withdrawn", _("Ended by the centre")


STANDING_WISH = (WishState.WAITING, WishState.OFFERED)


class EarlierWishQuerySet(models.QuerySet["EarlierWish"]):
    def standing(self) -> EarlierWishQuerySet:
        """Wishes that wait, or that have a time on offer."""
        return self.filter(state__in=STANDING_WISH)

    def in_line(self) -> EarlierWishQuerySet:
        """Who comes next: first those who never let an offer pass, by arrival."""
        return self.filter(state=WishState.WAITING).order_by("missed_offers", "pk")

    def of_user(self, user: User) -> EarlierWishQuerySet:
        """What this user asked for, and what is for them or for whom they manage."""
        return self.filter(
            Q(asked_by=user) | Q(person__user=user) | Q(person__managed_by=user)
        )


class EarlierWish(models.Model):
    """Tell me if something earlier opens than my appointment, or anything at all.

    With a `reservation` that appointment moves when an earlier time is accepted;
    without one a new appointment is made. `consultant` None is "any of them".
    """

    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="earlier_wishes"
    )
    mode = models.CharField(_("way"), max_length=9, choices=Mode)
    consultant = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("consultant"),
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="earlier_wishes"
    )
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="earlier_wishes"
    )
    reservation = models.ForeignKey(
        Reservation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="earlier_wishes",
    )
    state = models.CharField(max_length=10, choices=WishState)
    missed_offers = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = EarlierWishQuerySet.as_manager()

    class Meta:
        verbose_name = _("wish for an earlier time")
        verbose_name_plural = _("wishes for earlier times")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=WishState.values),
                name="earlierwish_state_known",
            ),
            models.CheckConstraint(
                condition=Q(mode__in=Mode.values), name="earlierwish_mode_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=STANDING_WISH, ended_at=None)
                | (~Q(state__in=STANDING_WISH) & Q(ended_at__isnull=False)),
                name="earlierwish_ended_when_over",
            ),
            models.UniqueConstraint(
                fields=["reservation"],
                condition=Q(state__in=STANDING_WISH),
                name="earlierwish_reservation_once",
            ),
            models.UniqueConstraint(
                fields=["service", "person"],
                condition=Q(state__in=STANDING_WISH, reservation=None),
                name="earlierwish_person_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["missed_offers", "id"],
                condition=Q(state="waiting"),
                name="earlierwish_line",
            )
        ]

    def __str__(self) -> str:
        return f"earlier wish {self.pk}"

    @property
    def open_offer(self) -> EarlierOffer | None:
        """The time that is kept for this wish at the moment."""
        return self.offers.filter(state=OfferState.OPEN).first()


class EarlierOffer(models.Model):
    """One freed time, kept for one wish until a deadline by the hold of `party`."""

    wish = models.ForeignKey(
        EarlierWish, on_delete=models.PROTECT, related_name="offers"
    )
    party = models.OneToOneField(
        Party, on_delete=models.PROTECT, related_name="earlier_offer"
    )
    starts_at = models.DateTimeField(_("starts"))
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.OPEN)
    nonce = models.CharField(max_length=32)
    link_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("offer of an earlier time")
        verbose_name_plural = _("offers of earlier times")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=OfferState.values),
                name="earlieroffer_state_known",
            ),
            models.UniqueConstraint(
                fields=["wish"],
                condition=Q(state=OfferState.OPEN),
                name="earlieroffer_one_open",
            ),
            # Nobody is asked twice for the time that they did not want.
            models.UniqueConstraint(
                fields=["wish", "starts_at"], name="earlieroffer_time_once"
            ),
        ]

    def __str__(self) -> str:
        return f"earlier offer {self.pk}"

    @property
    def secret(self) -> str:
        """The secret of the link that answers this offer without a sign-in."""
        return secret_for("earlier", self.pk, self.nonce)

    def state_at(self, now: dt.datetime) -> str:
        """A deadline that passed counts at once, though its release comes later."""
        is_over = self.state == OfferState.OPEN and self.expires_at <= now
        return OfferState.EXPIRED if is_over else self.state


class EarlierChange(models.Model):
    """Append-only: what became of a wish or of one of its offers."""

    wish = models.ForeignKey(
        EarlierWish, on_delete=models.PROTECT, related_name="changes"
    )
    offer = models.ForeignKey(
        EarlierOffer, null=True, on_delete=models.PROTECT, related_name="changes"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    to_state = models.CharField(max_length=10)
    reason = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"change {self.pk} of earlier wish {self.wish_id}"
