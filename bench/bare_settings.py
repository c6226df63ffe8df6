"""The settings of the bare stack: the site's, with an empty page and no more."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.bare_site"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Its app does not start without.
    "allauth.account.middleware.AccountMiddleware",
]
