"""Secret calendar addresses that other programs subscribe to."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from core.links import digest, secret_for
from core.transactions import atomic_retrying
from notifications.calendars import CalendarEntry, feed_file
from notifications.models import FeedToken

PAST_SHOWN = dt.timedelta(days=90)
CANCELLED_SHOWN = dt.timedelta(days=60)
USE_NOTED_EVERY = dt.timedelta(hours=1)

Entries = Callable[[int], list[CalendarEntry]]
Title = Callable[[int], str]


@dataclass(frozen=True)
class Feed:
    """What the owner of a kind of feed gives: its entries and its name."""

    entries: Entries
    title: Title


@dataclass(frozen=True)
class FeedFile:
    """One answer to a subscribed calendar."""

    content: bytes
    changed_at: dt.datetime


_feeds: dict[str, Feed] = {}


def register_feed(kind: str, entries: Entries, title: Title) -> None:
    """Offer a feed for the subjects of one kind."""
    _feeds[kind] = Feed(entries, title)


def _secret(token: FeedToken) -> str:
    """160 bits, derived: the page can show the address again, a dump cannot."""
    purpose = f"feed:{token.subject_kind}"
    parts = (
        secret_for(f"{purpose}:{half}", token.subject_id, token.nonce)
        for half in ("first", "second")
    )
    return "".join(parts)


@atomic_retrying
def create_feed(
    *, subject_kind: str, subject_id: int, now: dt.datetime
) -> tuple[FeedToken, str]:
    """A new address for a subject's feed; its older ones stop answering."""
    revoke_feeds(subject_kind=subject_kind, subject_id=subject_id, now=now)
    token = FeedToken(
        subject_kind=subject_kind,
        subject_id=subject_id,
        nonce=secrets.token_hex(16),
        created_at=now,
    )
    secret = _secret(token)
    token.token_digest = digest(secret)
    token.save()
    return token, secret


@atomic_retrying
def open_feed(
    *, subject_kind: str, subject_id: int, now: dt.datetime
) -> tuple[FeedToken, str]:
    """The address that a subject has, or a new one.

    After a change of SECRET_KEY the old address still answers, but can no longer be
    shown; then too a new one is made.
    """
    token = FeedToken.objects.active().of(subject_kind, subject_id).first()
    if token is not None and digest(_secret(token)) == token.token_digest:
        return token, _secret(token)
    return create_feed(subject_kind=subject_kind, subject_id=subject_id, now=now)


@atomic_retrying
def revoke_feeds(*, subject_kind: str, subject_id: int, now: dt.datetime) -> int:
    """Silence every address of a subject's feed; returns how many."""
    active = FeedToken.objects.active().of(subject_kind, subject_id)
    return active.order_by().update(revoked_at=now)


def feed_url(secret: str) -> str:
    """The https address of a feed; with `webcal` as its scheme a phone subscribes."""
    path = reverse("notifications:feed", args=[secret])
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}{path}"


def find_token(secret: str) -> FeedToken | None:
    """The address that answers to this secret."""
    found = FeedToken.objects.active().filter(token_digest=digest(secret)).first()
    return found if found is not None and found.subject_kind in _feeds else None


def note_use(token: FeedToken, now: dt.datetime) -> None:
    """Remember roughly when the feed was fetched last, so that people can see it."""
    edge = now - USE_NOTED_EVERY
    unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=edge)
    FeedToken.objects.filter(unused, pk=token.pk).update(last_used_at=now)


def build_feed(token: FeedToken, now: dt.datetime) -> FeedFile:
    """The present content: the last 90 days, the future, recent cancellations."""
    feed = _feeds[token.subject_kind]
    entries = [e for e in feed.entries(token.subject_id) if _is_shown(e, now)]
    entries.sort(key=lambda entry: (entry.starts_at, entry.uid))
    changes = [token.created_at, *(entry.changed_at for entry in entries)]
    content = feed_file(entries, feed.title(token.subject_id))
    return FeedFile(content, max(changes))


def _is_shown(entry: CalendarEntry, now: dt.datetime) -> bool:
    if entry.status == "CANCELLED" and entry.changed_at < now - CANCELLED_SHOWN:
        return False
    return entry.ends_at >= now - PAST_SHOWN
