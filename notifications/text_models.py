"""What messages say, where staff wrote it themselves: every version, for ever."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.languages import Language


class Piece(models.TextChoices):
    """The texts of one message; the column of a version has the same name."""

    SMS = "sms", _("SMS")
    SMS_LINKED = "sms_linked", _("SMS with a link")
    EMAIL_SUBJECT = "email_subject", _("Subject of the e-mail")
    EMAIL_BODY = "email_body", _("E-mail")


class TextVersionQuerySet(models.QuerySet["TextVersion"]):
    def of(self, kind: str, language: str) -> TextVersionQuerySet:
        """The versions of a message in a language, the one that holds now first."""
        return self.filter(kind=kind, language=language).order_by("-number")


class TextVersion(models.Model):
    """The texts of a kind of message in a language, as somebody wrote them.

    The newest version holds. None is ever changed (a trigger refuses it), because sent
    messages point to theirs: going back writes a new one, which `restores` an earlier
    number, or `is_default`: then the texts that ship with the code hold.
    """

    kind = models.CharField(max_length=60)
    language = models.CharField(max_length=2, choices=Language)
    number = models.PositiveIntegerField()
    is_default = models.BooleanField(default=False)
    restores = models.PositiveIntegerField(null=True, blank=True)
    sms = models.TextField(blank=True)
    sms_linked = models.TextField(blank=True)
    email_subject = models.TextField(blank=True)
    email_body = models.TextField(blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()

    objects = TextVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of a message")
        verbose_name_plural = _("texts of messages")
        constraints = [
            # Two who write the same number at once: the second one is told.
            models.UniqueConstraint(
                fields=["kind", "language", "number"], name="textversion_number_once"
            ),
            models.CheckConstraint(
                condition=Q(number__gt=0), name="textversion_number_positive"
            ),
            models.CheckConstraint(
                condition=Q(language__in=Language.values),
                name="textversion_language_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    is_default=True,
                    sms="",
                    sms_linked="",
                    email_subject="",
                    email_body="",
                )
                | (Q(is_default=False) & ~Q(sms="")),
                name="textversion_default_or_words",
            ),
            models.CheckConstraint(
                condition=Q(restores=None)
                | Q(is_default=False, restores__gt=0, restores__lt=F("number")),
                name="textversion_restores_earlier",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language} {self.number}"

    def pieces(self) -> dict[str, str]:
        """The words by piece; a piece that the version does not have is empty."""
        return {piece: getattr(self, piece) for piece in Piece.values}
