"""Gunicorn's door to the site without its guards (see `tests.support.unguarded`)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.wsgi import application as application  # noqa: E402
from tests.support import unguarded  # noqa: E402

unguarded.take_guards_away()
