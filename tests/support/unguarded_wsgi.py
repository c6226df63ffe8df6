"""Gunicorn's door to the site without its guards (see `tests.support.unguarded`)."""

from tests.support import unguarded

unguarded.take_guards_away()
application = unguarded.application
