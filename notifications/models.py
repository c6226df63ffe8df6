"""The outbox and what belongs to it: opt-outs, paused channels, feed addresses."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.sealed import SealedJSONField
from notifications.text_models import TextVersion


class Channel(models.TextChoices):
    SMS = "sms", _("SMS")
    EMAIL = "email", _("E-mail")


class Purpose(models.TextChoices):
    CODE = "code", _("Sign-in code")
    TRANSACTIONAL = "transactional", _("About a booking")
    REMINDER = "reminder", _("Reminder")
    NEWS = "news", _("News of the centre")


class Urgency(models.IntegerChoices):
    """The order in which due messages go out; smaller goes first."""

    CODE = 0, _("Code")
    NOW = 1, _("At once")
    CHANGE = 2, _("Change")
    NORMAL = 3, _("Normal")
    REMINDER = 4, _("Reminder")


class State(models.TextChoices):
    PENDING = "pending", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    ACCEPTED = "accepted", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    UNDELIVERED = "undelivered", _("Not delivered")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Perhaps sent")
    SUPERSEDED = "superseded", _("Overtaken by a newer one")
    CANCELLED = "cancelled", _("No longer needed")
    EXPIRED = "expired", _("Too late")
    SUPPRESSED = "suppressed", _("Not wanted by the recipient")


SENT_STATES = (State.ACCEPTED, State.DELIVERED, State.UNDELIVERED)
OPEN_STATES = (State.PENDING, State.SENDING, State.UNKNOWN)
# What a gateway may still say something new about.
CHECKED_STATES = (State.ACCEPTED, State.UNKNOWN)

# A number this large survives every JSON reader as an exact integer.
LOCAL_ID_LIMIT = 2**53


def random_local_id() -> int:
    """A gateway's key for one message.

    Never the primary key: after a restore or an import a reused key would make the
    gateway answer "already sent" for a message that nobody got.
    """
    return secrets.randbelow(LOCAL_ID_LIMIT - 1) + 1


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    def about(self, subject_kind: str, subject_id: int) -> OutboxQuerySet:
        """Messages about one thing of a higher app."""
        return self.filter(subject_kind=subject_kind, subject_id=subject_id)

    def useful(self, now: dt.datetime) -> OutboxQuerySet:
        """Messages whose time has not run out."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))

    def due(self, now: dt.datetime) -> OutboxQuerySet:
        """What may be claimed now, the most urgent first."""
        return (
            self.useful(now)
            .filter(state=State.PENDING, next_attempt_at__lte=now)
            .order_by("urgency", "next_attempt_at", "pk")
        )

    def overdue(self, now: dt.datetime, age: dt.timedelta) -> OutboxQuerySet:
        """Messages that should have gone out longer ago than `age`."""
        return self.useful(now).filter(state=State.PENDING, due_at__lt=now - age)

    def to_check(self, now: dt.datetime) -> OutboxQuerySet:
        """Messages whose gateway is to be asked what became of them."""
        return self.filter(next_check_at__lte=now).order_by("next_check_at", "pk")

    def stranded(
        self, now: dt.datetime, doubt: dt.timedelta, oldest: dt.timedelta
    ) -> OutboxQuerySet:
        """SMS that did not arrive, or stay in doubt for so long, and no one saw to."""
        return self.filter(
            Q(state__in=[State.FAILED, State.UNDELIVERED])
            | Q(state=State.UNKNOWN, first_call_at__lte=now - doubt),
            channel=Channel.SMS,
            climbed_at=None,
            created_at__gte=now - oldest,
        ).order_by("pk")

    def with_expired_lease(self, now: dt.datetime) -> OutboxQuerySet:
        """Messages whose sender died or hangs."""
        return self.filter(state=State.SENDING, lease_until__lte=now)


class OutboxMessage(models.Model):
    """One message to one recipient: the truth about whether it was sent.

    The subject is opaque here: a word and a number that its owner understands.
    `first_call_at` is the start of the first gateway call whose end is not known to
    be "not sent"; while it is empty the message has surely not been sent.
    """

    kind = models.CharField(max_length=60)
    channel = models.CharField(max_length=5, choices=Channel)
    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=5)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    dedupe_key = models.CharField(max_length=200, unique=True)
    schedule_version = models.PositiveIntegerField(default=0)
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=11, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    first_call_at = models.DateTimeField(null=True, blank=True)
    gateway = models.CharField(max_length=20, blank=True)
    gateway_id = models.CharField(max_length=64, blank=True)
    local_id = models.BigIntegerField(unique=True, default=random_local_id)
    error_code = models.CharField(max_length=60, blank=True)
    cost = models.PositiveIntegerField(null=True, blank=True)
    parts = models.PositiveSmallIntegerField(default=0)
    variables = SealedJSONField(blank=True, default="")
    text = models.TextField(blank=True)
    # The gateway's name of an approved text, when that went in place of the words.
    template = models.CharField(max_length=60, blank=True)
    # Whose words these were; empty for those that ship with the code.
    text_version = models.ForeignKey(
        TextVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
        db_index=False,
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    # When its fate is asked for next; empty when nobody asks (any more).
    next_check_at = models.DateTimeField(null=True, blank=True)
    # When somebody else took over, because it did not arrive.
    climbed_at = models.DateTimeField(null=True, blank=True)
    # Which of the routes of its number is tried first, 0 for the usual one.
    route = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state="pending"),
                name="outboxmessage_due",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(state="pending"),
                name="outboxmessage_expiring",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state="sending"),
                name="outboxmessage_leased",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(
                    state__in=["failed", "undelivered", "unknown"], climbed_at=None
                ),
                name="outboxmessage_stranded",
            ),
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="outboxmessage_to_check",
            ),
            models.Index(
                fields=["subject_kind", "subject_id"], name="outboxmessage_subject"
            ),
            models.Index(fields=["-created_at"], name="outboxmessage_newest"),
            models.Index(fields=["recipient", "-sent_at"], name="outboxmessage_to"),
            models.Index(
                fields=["text_version"],
                condition=Q(text_version__isnull=False),
                name="outboxmessage_text_version",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="outboxmessage_state_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values),
                name="outboxmessage_channel_known",
            ),
            models.CheckConstraint(
                condition=Q(urgency__in=Urgency.values),
                name="outboxmessage_urgency_known",
            ),
            models.CheckConstraint(
                condition=~Q(recipient=""), name="outboxmessage_has_recipient"
            ),
            models.CheckConstraint(
                condition=Q(local_id__gt=0), name="outboxmessage_local_id_positive"
            ),
            models.CheckConstraint(
                condition=Q(state="sending", lease_until__isnull=False)
                | (~Q(state="sending") & Q(lease_until__isnull=True)),
                name="outboxmessage_lease_while_sending",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES) | Q(variables=""),
                name="outboxmessage_blank_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(next_check_at=None) | Q(state__in=CHECKED_STATES),
                name="outboxmessage_check_while_open",
            ),
            models.CheckConstraint(
                condition=~Q(urgency=Urgency.CODE) | Q(text=""),
                name="outboxmessage_no_code_in_text",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk} {self.kind} {self.state}"


class Meaning(models.TextChoices):
    YES = "yes", _("I come")
    NO = "no", _("I cannot come")
    CALL = "call", _("Please call me")
    LATE = "late", _("I will be late")
    STOP = "stop", _("No more reminders")
    START = "start", _("Reminders again")
    OTHER = "other", _("Something else")


class InboundState(models.TextChoices):
    NEW = "new", _("New")
    DONE = "done", _("Done")
    ASKED = "asked", _("Asked which one is meant")
    INBOX = "inbox", _("For people to read")
    IGNORED = "ignored", _("Not from a mobile number")


class InboundMessage(models.Model):
    """One SMS that came in, and what was made of it.

    `about` is the message that it answers; `choices` are the keys of the messages
    among which its sender was asked to choose.
    """

    gateway = models.CharField(max_length=20)
    gateway_id = models.CharField(max_length=64)
    sender = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    received_at = models.DateTimeField()
    created_at = models.DateTimeField()
    meaning = models.CharField(max_length=5, choices=Meaning, blank=True)
    state = models.CharField(
        max_length=7, choices=InboundState, default=InboundState.NEW
    )
    outcome = models.CharField(max_length=20, blank=True)
    about = models.ForeignKey(
        OutboxMessage,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="answers",
    )
    choices = models.JSONField(default=list, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("SMS received")
        verbose_name_plural = _("SMS received")
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(state="new"),
                name="inboundmessage_new",
            ),
            models.Index(fields=["sender", "-handled_at"], name="inboundmessage_from"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "gateway_id"], name="inboundmessage_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=InboundState.values),
                name="inboundmessage_state_known",
            ),
            models.CheckConstraint(
                condition=Q(meaning="") | Q(meaning__in=Meaning.values),
                name="inboundmessage_meaning_known",
            ),
            models.CheckConstraint(
                condition=Q(state="new", handled_at=None)
                | (~Q(state="new") & Q(handled_at__isnull=False)),
                name="inboundmessage_handled_with_time",
            ),
        ]

    def __str__(self) -> str:
        return f"inbound {self.pk} {self.state}"


class OptOut(models.Model):
    """A recipient who does not want messages of one purpose."""

    recipient = models.CharField(max_length=254)
    purpose = models.CharField(max_length=13, choices=Purpose)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "purpose"], name="optout_once"
            ),
            # A person who asks for a code wants it, whatever was said before.
            models.CheckConstraint(
                condition=Q(purpose__in=[Purpose.TRANSACTIONAL, "reminder", "news"]),
                name="optout_purpose_known",
            ),
        ]

    def __str__(self) -> str:
        return f"opt-out {self.pk} {self.purpose}"


class ChannelState(models.Model):
    """How a gateway is: resting, stopped by staff, and what is left on its account.

    One that refuses us as a customer rests until `paused_until`; one that staff
    stopped rests from `held_at` until they let it go on.
    """

    gateway = models.CharField(max_length=20, unique=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    credit = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    credit_unit = models.CharField(max_length=3, blank=True)
    credit_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("state of a gateway")
        verbose_name_plural = _("states of gateways")
        constraints = [
            models.CheckConstraint(
                condition=Q(credit=None, credit_at=None)
                | Q(credit__isnull=False, credit_at__isnull=False),
                name="channelstate_credit_with_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.reason}"


class SmsDay(models.Model):
    """What one gateway took on one day of the centre, in rial by its own prices."""

    on = models.DateField()
    gateway = models.CharField(max_length=20)
    messages = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    cost_rial = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("SMS of a day")
        verbose_name_plural = _("SMS by day")
        constraints = [
            models.UniqueConstraint(fields=["on", "gateway"], name="smsday_once")
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.gateway}"


class FeedTokenQuerySet(models.QuerySet["FeedToken"]):
    def active(self) -> FeedTokenQuerySet:
        """Addresses that still answer."""
        return self.filter(revoked_at__isnull=True)

    def of(self, subject_kind: str, subject_id: int) -> FeedTokenQuerySet:
        """Addresses of one subject's feed, the newest first."""
        found = self.filter(subject_kind=subject_kind, subject_id=subject_id)
        return found.order_by(F("created_at").desc(), "-pk")


class FeedToken(models.Model):
    """A secret calendar address; only its digest and a nonce are stored."""

    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    nonce = models.CharField(max_length=32)
    token_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = FeedTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        indexes = [
            models.Index(
                fields=["subject_kind", "subject_id"], name="feedtoken_subject"
            )
        ]

    def __str__(self) -> str:
        return f"feed {self.pk} {self.subject_kind}"
