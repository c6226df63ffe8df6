"""What gateways call: receipts and answers. POST only, answered at once.

Twilio signs its calls to our public address. Kavenegar and sms.ir do not: a long secret
in the path keeps strangers out, and what a receipt says is asked for, not believed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER

from notifications import inbox, receipts
from notifications.bell import ring_inbox
from notifications.gateways.base import Inbound

UNSIGNED = ("kavenegar", "smsir")
# Their pages name these differently from year to year.
_ID_NAMES = ("messageid", "messageids")

Webhook = Callable[..., HttpResponse]


def signed_by_twilio(view: Webhook) -> Webhook:
    """Only for what Twilio signed; everybody else is refused."""

    @wraps(view)
    def check(request: HttpRequest) -> HttpResponse:
        is_signed = receipts.is_signed(
            path=request.get_full_path(),
            form=request.POST,
            signature=request.headers.get(SIGNATURE_HEADER, ""),
            scheme=request.headers.get(SIGNATURE_SETTINGS_HEADER, ""),
        )
        return view(request) if is_signed else HttpResponseForbidden()

    return csrf_exempt(require_POST(check))


def behind_secret(view: Webhook) -> Webhook:
    """Only with our secret in the path; for everybody else nothing is there."""

    @wraps(view)
    def check(request: HttpRequest, name: str, secret: str) -> HttpResponse:
        if name not in UNSIGNED or not receipts.is_secret(secret):
            raise Http404
        return view(request, name)

    return csrf_exempt(require_POST(check))


def words_of(request: HttpRequest) -> dict[str, Any]:
    """What a gateway posted, as a form or as JSON, by names in small letters."""
    try:
        body = json.loads(request.body)
    except ValueError:
        body = request.POST.dict()
    if isinstance(body, list):
        body = next(iter(body), {})
    pairs = body.items() if isinstance(body, dict) else ()
    return {str(name).lower(): value for name, value in pairs}


@signed_by_twilio
def twilio_status(request: HttpRequest) -> HttpResponse:
    """What became of a message at Twilio."""
    receipts.record_twilio_status(
        local_id=request.GET.get("m", ""),
        gateway_id=request.POST.get("MessageSid", ""),
        status=request.POST.get("MessageStatus", ""),
        error_code=request.POST.get("ErrorCode", ""),
        now=timezone.now(),
    )
    return HttpResponse(status=204)


@behind_secret
def gateway_status(request: HttpRequest, name: str) -> HttpResponse:
    """Kavenegar or sms.ir says that something became of a message: ask what."""
    words = words_of(request)
    ids = next((words[key] for key in _ID_NAMES if words.get(key)), "")
    listed = ids if isinstance(ids, list) else str(ids).split(",")
    receipts.ask_soon(
        gateway=name,
        gateway_ids=[str(one).strip() for one in listed[:200] if one],
        now=timezone.now(),
    )
    return HttpResponse(status=204)


@signed_by_twilio
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """An SMS to our Twilio number; the answer goes through the outbox."""
    now = timezone.now()
    words = request.POST
    inbound = Inbound(
        gateway_id=words.get("MessageSid", ""),
        sender=words.get("From", ""),
        text=words.get("Body", ""),
        at=now,
    )
    inbox.keep(gateway="twilio", found=[inbound], now=now)
    ring_inbox()
    return HttpResponse("<Response/>", content_type="text/xml")


@behind_secret
def gateway_inbound(request: HttpRequest, name: str) -> HttpResponse:
    """An SMS to our line at Kavenegar or sms.ir.

    Without a number of its own it could be kept twice, here and from the inbox: then
    the inbox alone is read.
    """
    words, now = words_of(request), timezone.now()
    gateway_id = str(words.get("messageid") or "")
    if gateway_id and name == "kavenegar":
        inbound = Inbound(
            gateway_id=gateway_id,
            sender=str(words.get("from") or words.get("sender") or ""),
            text=str(words.get("message") or ""),
            at=now,
        )
        inbox.keep(gateway=name, found=[inbound], now=now)
    ring_inbox()
    return HttpResponse(status=204)
