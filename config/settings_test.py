"""The site's own settings with what makes tests quick and repeatable."""

from config.settings import *  # noqa: F403

SECRET_KEY = "a-key-for-tests-only-and-long-enough-to-pass"  # noqa: S105
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# Tests look for words in pages, and would find the names of rules among them.
SHEETS_INSIDE = False
# Every client of a test starts the middleware anew: a file is looked up when somebody
# asks for it, instead of all of them each time.
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Each test has a folder of its own (tests/conftest.py); this one stays empty.
OUTBOX_DIR = VAR_DIR / "test-outbox"  # noqa: F405
# What PostgreSQL has prepared is captured without its text, and tests read texts. Whole
# sites run with the site's own settings.
if "prepare_threshold" in DATABASES["default"]["OPTIONS"]:  # noqa: F405
    DATABASES["default"]["OPTIONS"]["prepare_threshold"] = None  # noqa: F405
