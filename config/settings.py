"""Settings of the Hidaj booking system, read from the environment.

`.env.example` explains every variable. A file `.env` beside manage.py is read
when it is there; the environment itself wins.
"""

import sys
from pathlib import Path

import environ
import pysqlite3
from csp.constants import NONCE, NONE, SELF

# Debian's SQLite has the WAL-reset bug; the wheel brings a library without it.
sys.modules["sqlite3"] = pysqlite3

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DEVELOPMENT_SECRET = "development-only-secret-key-that-production-refuses"  # noqa: S105

# -- What kind of installation this is ---------------------------------------------
PRODUCTION = env.bool("PRODUCTION", default=False)
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_SECRET)
DATA_KEYS = env.list("DATA_KEYS", default=[])
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "phonenumber_field",
    "django_htmx",
    "django_rq",
    "csp",
    "persian",
    "core",
    "notifications",
    "accounts",
    "booking",
    "courses",
    "consulting",
    "desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "core.middleware.LanguageMiddleware",
    "core.pages.middleware.KeptPagesMiddleware",
    "core.pages.sheets.SheetsPolicyMiddleware",
    "core.middleware.BusyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.StaffGuardMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.centre",
                "desk.context.nav",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "core.templatetags.drawn",
                "core.templatetags.sheets",
            ],
        },
    }
]

# -- Data --------------------------------------------------------------------------
DATABASES = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/hidaj.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Django's own, with a fair queue before the writer.
    DATABASES["default"]["ENGINE"] = "core.sqlite3"
    # Opening one takes twenty times as long as the question of a kept page.
    DATABASES["default"]["CONN_MAX_AGE"] = 600
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        # Where the driver keeps prepared statements is full of the first ones it met;
        # what comes later is prepared each time. All pages together ask about 350, and
        # a wide one takes 26 KB.
        "cached_statements": 500,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 600
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,
        "options": "-c lock_timeout=3s -c statement_timeout=15s"
        " -c idle_in_transaction_session_timeout=15s",
        # Statements of `core.compiled` that come so often are prepared.
        "prepare_threshold": 5,
    }

# Sessions, limits and sign-in live in the database, so that nobody is locked out
# when Redis is down.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}
SESSION_ENGINE = "core.sessions"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
_QUEUE = {
    "URL": REDIS_URL,
    "DEFAULT_TIMEOUT": 120,
    # Redis is only the bell: a booking never waits for it.
    "REDIS_CLIENT_KWARGS": {"socket_connect_timeout": 0.5, "retry": None},
}
RQ_QUEUES = {"codes": _QUEUE, "default": _QUEUE}
RQ = {"SHOW_ADMIN_LINK": False}

# -- Language and time -------------------------------------------------------------
LANGUAGE_CODE = "fa"
LANGUAGES = [("fa", "فارسی"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_PARAMETER = "lang"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Tehran"
FORMAT_MODULE_PATH = ["persian.formats"]

# -- Files and pages ---------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# A first visit gets its style sheets inside the page (core/pages/sheets.py). Who works
# on them reads files.
SHEETS_INSIDE = not DEBUG
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# -- Signing in --------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION = "none"
# The whole way from the number to the second factor, resent codes included.
ACCOUNT_LOGIN_TIMEOUT = 1800
# The code of the sign-in itself proves the number.
ACCOUNT_PHONE_VERIFICATION_ENABLED = False
ACCOUNT_FORMS = {
    "request_login_code": "accounts.forms.PhoneForm",
    "confirm_login_code": "accounts.forms.CodeForm",
}
# Codes and passwords have our own budgets (accounts/codes.py, accounts/adapter.py).
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "accounts.mfa_forms.AuthenticateForm",
    "reauthenticate": "accounts.mfa_forms.ReauthenticateForm",
    "activate_totp": "accounts.mfa_forms.ActivateForm",
}
# Phones' clocks are off by half a minute; one step to either side is taken.
MFA_TOTP_TOLERANCE = 1
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_PROXY_SSL_HEADER = (
        ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
    )
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
SECURE_REFERRER_POLICY = "same-origin"

# -- Messages ----------------------------------------------------------------------
PHONE_COUNTRIES = env.list("PHONE_COUNTRIES", default=["IR"])
PHONENUMBER_DEFAULT_REGION = "IR"
SMS_ROUTES = env.dict("SMS_ROUTES", default={"*": "file"})
# Carriers filter links; a gateway is named here once its account may send them.
SMS_LINK_GATEWAYS = env.list("SMS_LINK_GATEWAYS", default=["file"])
# A text invites answers only where its line can receive them.
SMS_REPLY_GATEWAYS = env.list("SMS_REPLY_GATEWAYS", default=["file"])
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_API_KEY = env.str("TWILIO_API_KEY", default="")
TWILIO_API_SECRET = env.str("TWILIO_API_SECRET", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_MESSAGING_SERVICE_SID = env.str("TWILIO_MESSAGING_SERVICE_SID", default="")
TWILIO_BASE_URL = env.str("TWILIO_BASE_URL", default="")
KAVENEGAR_API_KEY = env.str("KAVENEGAR_API_KEY", default="")
KAVENEGAR_SENDER = env.str("KAVENEGAR_SENDER", default="")
KAVENEGAR_BASE_URL = env.str("KAVENEGAR_BASE_URL", default="https://api.kavenegar.com")
# Approved texts of the panel: kind=name/token:variable/token:variable
KAVENEGAR_TEMPLATES = env.dict("KAVENEGAR_TEMPLATES", default={})
SMSIR_API_KEY = env.str("SMSIR_API_KEY", default="")
SMSIR_LINE = env.str("SMSIR_LINE", default="")
SMSIR_BASE_URL = env.str("SMSIR_BASE_URL", default="https://api.sms.ir")
SMSIR_TEMPLATES = env.dict("SMSIR_TEMPLATES", default={})
# The part of the address that Kavenegar and sms.ir call; they sign nothing.
SMS_WEBHOOK_SECRET = env.str("SMS_WEBHOOK_SECRET", default="")
# Seconds without an answer; a lease of the outbox lasts 60.
SMS_TIMEOUT = env.float("SMS_TIMEOUT", default=12)
OUTBOX_DIR = VAR_DIR / "outbox"
EMAIL_URL = env.str("EMAIL_URL", default="file")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="booking@kafsh.example")
if EMAIL_URL == "file":
    EMAIL_BACKEND = "notifications.mail.EmlFileBackend"
else:
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 20

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Its DEBUG lines hold the addresses of requests, and Kavenegar's hold the key.
    "loggers": {"urllib3": {"level": "INFO"}},
}

# -- The centre's own rules --------------------------------------------------------
HIDAJ_MONEY_UNIT = env.str("MONEY_UNIT", default="toman")
HIDAJ_DEVELOPMENT_PAGES = env.bool("DEVELOPMENT_PAGES", default=not PRODUCTION)
HIDAJ_CENTRE = {
    "name_fa": env.str("CENTRE_NAME_FA", default="مرکز طراحی و مدل‌سازی کفش هیدج"),
    "name_en": env.str(
        "CENTRE_NAME_EN", default="Hidaj Shoe Design and Modelling Centre"
    ),
    "short_name_fa": env.str("CENTRE_SHORT_NAME_FA", default="مرکز کفش هیدج"),
    "short_name_en": env.str("CENTRE_SHORT_NAME_EN", default="Hidaj Shoe Centre"),
    "sponsor_fa": env.str("SPONSOR_FA", default="شرکت شهرک‌های صنعتی استان زنجان"),
    "sponsor_en": env.str("SPONSOR_EN", default="Zanjan Industrial Estates Company"),
    "address_fa": env.str(
        "CENTRE_ADDRESS_FA",
        default="هیدج، بلوار امام، روبه‌روی مجتمع کارگاهی کفش، طبقهٔ اول ساختمان خوشه",
    ),
    "address_en": env.str(
        "CENTRE_ADDRESS_EN",
        default="Cluster building, first floor, Imam Boulevard, Hidaj, Zanjan",
    ),
    "landmark_fa": env.str(
        "CENTRE_LANDMARK_FA",
        default="روبه‌روی مجتمع کارگاهی کفش؛ کنار تعاونی تولیدکنندگان",
    ),
    "landmark_en": env.str(
        "CENTRE_LANDMARK_EN",
        default="Opposite the shoe workshop complex, beside the makers' cooperative",
    ),
    "phone": env.str("CENTRE_PHONE", default="02435000000"),
    "latitude": env.float("CENTRE_LATITUDE", default=36.2530),
    "longitude": env.float("CENTRE_LONGITUDE", default=49.1330),
}
# Allowed codes, within so many seconds: for one number, for one network address.
HIDAJ_CODES_PER_PHONE = [(3, 60), (5, 3600), (10, 24 * 3600)]
HIDAJ_CODES_PER_NETWORK = [(60, 60), (600, 3600)]
# Neighbouring addresses together (/24 and /48), and everybody together.
HIDAJ_CODES_PER_REGION = [(120, 60), (1200, 3600)]
HIDAJ_CODES_PER_DAY = [(env.int("CODES_PER_DAY", default=3000), 24 * 3600)]
# Allowed SMS besides codes, within so many seconds, for one number.
# Whoever registers ten workers hears of each of them.
HIDAJ_SMS_PER_NUMBER = [(40, 3600), (100, 24 * 3600)]
# SMS parts a day for everybody, besides codes and what is urgent.
HIDAJ_SMS_PER_DAY = env.int("SMS_PER_DAY", default=5000)
# What the centre means to spend in a Jalali month; 0 warns of nothing.
HIDAJ_SMS_MONTH_RIAL = env.int("SMS_MONTH_RIAL", default=0)
# The price of a part where the gateway tells none.
HIDAJ_SMS_PART_RIAL = env.int("SMS_PART_RIAL", default=2000)
# Words with which an operator is known to hold an SMS back; texts that have one warn.
HIDAJ_SMS_FILTERED_WORDS = env.list(
    "SMS_FILTERED_WORDS", default=["ساعت", "برند", "برنده", "24"]
)
# Staff are told when less is left on an account of a gateway.
HIDAJ_LOW_CREDIT = {"IRR": 1_000_000, "SMS": 300, "USD": 5}
HIDAJ_PASSWORDS_PER_PHONE = [(10, 600), (100, 24 * 3600)]
HIDAJ_PASSWORDS_PER_NETWORK = [(30, 60)]
HIDAJ_SESSION_DAYS = 30
HIDAJ_STAFF_SESSION_HOURS = 12
HIDAJ_RECEPTION_IDLE_MINUTES = 30
HIDAJ_SEAT_HOLD_MINUTES = 15
HIDAJ_SLOT_HOLD_MINUTES = 10
HIDAJ_MAX_PARTY_SIZE = 10
HIDAJ_MAX_OPEN_APPOINTMENTS = 2
HIDAJ_OFFER_HOURS = 24
HIDAJ_OFFER_HOURS_NEAR_START = 3
HIDAJ_MAX_MISSED_OFFERS = 2
# A freed consulting hour is kept so many waking hours for whoever waits for one: no
# fewer than the first number, or it goes to the public at once.
HIDAJ_EARLIER_HOURS = (1, 3)
HIDAJ_EARLIER_WISH_DAYS = 60
# How long staff have to decide about a request, and how long before the start at the
# latest, so that nobody learns it on the way.
HIDAJ_APPROVAL_HOURS = 72
HIDAJ_APPROVAL_HOURS_BEFORE_START = 3
# So many times not come within so many days, and the next booking needs approval.
HIDAJ_NO_SHOWS_BEFORE_APPROVAL = 2
HIDAJ_NO_SHOW_DAYS = 365
# Completed is who was there for so much of the class time that has a roll.
HIDAJ_COMPLETE_PERCENT = 80
# Days after the end, when nobody closed a run or said who came to a meeting.
HIDAJ_CLOSE_RUN_DAYS = 7
HIDAJ_CLOSE_MEETING_DAYS = 3
HIDAJ_QUIET_FROM, HIDAJ_QUIET_TO = "21:30", "08:00"
