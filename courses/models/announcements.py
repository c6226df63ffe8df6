"""What staff write to everybody who has a place in a run."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from booking.models import Reservation
from courses.models.runs import CourseRun

# With the name of the centre below it two SMS parts hold so much in any alphabet.
WORDS_LENGTH = 110


class RunMessage(models.Model):
    """A text of staff to everybody in a run; it never changes.

    Whoever reads a language in which nothing was written gets the other text.
    """

    run = models.ForeignKey(
        CourseRun, on_delete=models.PROTECT, related_name="messages"
    )
    text_fa = models.CharField(
        _("text in Persian"), max_length=WORDS_LENGTH, blank=True
    )
    text_en = models.CharField(
        _("text in English"), max_length=WORDS_LENGTH, blank=True
    )
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("message to a run")
        verbose_name_plural = _("messages to runs")
        constraints = [
            models.CheckConstraint(
                condition=~Q(text_fa="", text_en=""), name="runmessage_says_something"
            ),
            # SQLite does not look at the length of a column.
            *(
                models.CheckConstraint(
                    condition=LessThanOrEqual(Length(f"text_{language}"), WORDS_LENGTH),
                    name=f"runmessage_{language}_fits",
                )
                for language in ("fa", "en")
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk} to run {self.run_id}"


class RunMessageCopy(models.Model):
    """That one place was told; the outbox knows its subject by this row."""

    message = models.ForeignKey(
        RunMessage, on_delete=models.PROTECT, related_name="copies"
    )
    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, related_name="run_messages"
    )

    class Meta:
        verbose_name = _("copy of a message to a run")
        verbose_name_plural = _("copies of messages to runs")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "reservation"], name="runmessagecopy_once"
            )
        ]
