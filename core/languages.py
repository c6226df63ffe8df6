"""The two languages of the site and of its messages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    """In the reader's words; who chooses one reads `settings.LANGUAGES` instead."""

    PERSIAN = "fa", _("Persian")
    ENGLISH = "en", _("English")
