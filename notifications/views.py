"""Calendar feeds and the development outbox."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_POST, require_safe

from core import limits
from notifications import development, feeds, inbox
from notifications.gateways.file import write_answer

# Calendars ask every few minutes at most; many devices may share one address.
FEED_LIMITS = [(60, 3600)]
FEED_SECONDS = 900


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """A calendar for programs; 404 for an address that does not (or no longer) hold."""
    now = timezone.now()
    token = feeds.find_token(secret)
    if token is None:
        raise Http404
    if not limits.hit(scope="feed", key=str(token.pk), limits=FEED_LIMITS, now=now):
        return HttpResponse(status=429, headers={"Retry-After": str(FEED_SECONDS)})
    feeds.note_use(token, now)
    file = feeds.build_feed(token, now)
    etag = f'"{hashlib.sha256(file.content).hexdigest()[:32]}"'
    response = HttpResponse(file.content, content_type="text/calendar; charset=utf-8")
    changed = int(file.changed_at.timestamp())
    response["ETag"] = etag
    response["Last-Modified"] = http_date(changed)
    response["Cache-Control"] = f"private, max-age={FEED_SECONDS}"
    response["X-Robots-Tag"] = "noindex"
    found = get_conditional_response(
        request, etag=etag, last_modified=changed, response=response
    )
    return found or response


@require_safe
def development_outbox(request: HttpRequest) -> HttpResponse:
    """What was sent into files, with codes, so that a developer can sign in."""
    if not settings.HIDAJ_DEVELOPMENT_PAGES:
        raise Http404
    context = {"messages_sent": development.sms(), "mails": development.mails()}
    return render(request, "notifications/development_outbox.html", context)


@require_POST
def development_answer(request: HttpRequest) -> HttpResponse:
    """Answer an SMS of this development site as its phone would."""
    if not settings.HIDAJ_DEVELOPMENT_PAGES:
        raise Http404
    sender, text = request.POST.get("to", ""), request.POST.get("text", "")
    if sender and text:
        now = timezone.now()
        write_answer(sender=sender, text=text, at=now)
        inbox.receive(now)
    return redirect("notifications:development_outbox")
