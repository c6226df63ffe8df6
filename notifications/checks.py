"""Settings with which messages would not arrive."""

from __future__ import annotations

from django.conf import settings

from core.checks import as_deploy_check, refuse_unsafe_production
from notifications.gateways import routing
from notifications.gateways.routing import GATEWAYS
from notifications.mail import EML_BACKEND
from notifications.receipts import SHORTEST_SECRET

# Connecting and answering must end within a lease of 60 seconds.
LONGEST_TIMEOUT = 25
_NEEDED = {
    "twilio": (
        "TWILIO_ACCOUNT_SID",
        "TWILIO_API_KEY",
        "TWILIO_API_SECRET",
        "TWILIO_MESSAGING_SERVICE_SID",
    ),
    "kavenegar": ("KAVENEGAR_API_KEY",),
    "smsir": ("SMSIR_API_KEY", "SMSIR_LINE"),
}


def unsafe_routes() -> list[str]:
    """What is wrong with the ways out, one sentence each."""
    used = set(routing.used())
    problems = [f"SMS_ROUTES names no gateway: {n}" for n in used - GATEWAYS.keys()]
    if used <= {"file"}:
        problems.append("SMS_ROUTES sends every SMS into a file")
    if settings.EMAIL_BACKEND == EML_BACKEND:
        problems.append("EMAIL_URL sends every mail into a file")
    for gateway in sorted(used & _NEEDED.keys()):
        missing = [name for name in _NEEDED[gateway] if not getattr(settings, name)]
        problems += [f"{gateway} needs {name}" for name in missing]
    if not 0 < settings.SMS_TIMEOUT <= LONGEST_TIMEOUT:
        problems.append(f"SMS_TIMEOUT is not between 0 and {LONGEST_TIMEOUT} seconds")
    for name in ("KAVENEGAR_BASE_URL", "SMSIR_BASE_URL"):
        if not getattr(settings, name).startswith("https://"):
            problems.append(f"{name} does not start with https://")
    problems += _wrong_templates()
    secret = settings.SMS_WEBHOOK_SECRET
    if secret and len(secret) < SHORTEST_SECRET:
        problems.append(f"SMS_WEBHOOK_SECRET is shorter than {SHORTEST_SECRET}")
    if settings.TWILIO_BASE_URL:
        problems.append("TWILIO_BASE_URL is only for tests")
    return problems


def _wrong_templates() -> list[str]:
    problems = []
    for gateway in ("kavenegar", "smsir"):
        try:
            routing.template_names(gateway)
        except ValueError:
            problems.append(f"{gateway.upper()}_TEMPLATES is not readable")
    return problems


def register() -> None:
    """Called once, at start-up; raises ImproperlyConfigured in production."""
    as_deploy_check(unsafe_routes, "notifications.E001")
    refuse_unsafe_production(unsafe_routes)
