"""What people hear while they wait for an earlier time: the words and who gets them."""

from __future__ import annotations

import datetime as dt
from functools import partial

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.messages import (
    END_EN,
    END_FA,
    EXPIRED,
    SUPERSEDED,
    Values,
    link_values,
    message_kind,
)
from booking.models import OfferState
from booking.recipients import Notice, Recipient, as_recipient, booker_recipient, send
from consulting import values
from consulting.models import EarlierOffer, EarlierWish, Meeting, WishState
from notifications.kinds import MessageKind
from notifications.models import OutboxMessage
from persian.jalali import format_time, weekday_name

OFFER = "earlier_offer"

SAMPLE = {
    "service": "عیب‌یابی الگو و فیت…",
    "full_service": "عیب‌یابی الگو و فیت کفش بچگانه و زنانه",
    "day": "چهارشنبه ۲۲ اردیبهشت",
    "time": "۱۶:۳۰",
    "short": "۲۲ اردیبهشت ۱۶:۳۰",
    "until": "پنجشنبه ساعت ۱۶:۳۰",
    "full_where": "کارگاه پستایی‌سازی\nهیدج، بلوار امام\nکنار تعاونی تولیدکنندگان",
    "consultant": "سیدعلی‌رضا مد…",
    "what": "بار دیگر هم خبر می‌دهیم",
    "link": "kafsh.example/e/mwmwmwmwmwmwmwmw",
    "url": "https://kafsh.example/e/mwmwmwmwmwmwmwmw",
    "centre": "مرکز کفش هیدج",
    "phone": "۰۲۴ ۳۵۰۰ ۰۰۰۰",
}


def recipients(wish: EarlierWish) -> list[Recipient]:
    """The person, and whoever asked for them on another number."""
    found = [as_recipient("person", wish.person)]
    asker = booker_recipient(wish.asked_by)
    if asker is not None and asker.phone != found[0].phone:
        found.append(asker)
    return [one for one in found if one.phone]


def tell_offer(offer: EarlierOffer, *, now: dt.datetime) -> None:
    """A time is kept: the link to answer, in the transaction that keeps it."""
    _tell("earlier_offer", offer, expires_at=offer.expires_at, now=now)


def tell_lapsed(offer: EarlierOffer, *, now: dt.datetime) -> None:
    """The time went on to the next one, and whether the person still waits."""
    _tell("earlier_lapsed", offer, expires_at=offer.starts_at, now=now)


def _tell(
    kind: str, offer: EarlierOffer, *, expires_at: dt.datetime, now: dt.datetime
) -> None:
    notice = Notice(
        kind=kind,
        subject_kind=OFFER,
        subject_id=offer.pk,
        tag=str(offer.pk),
        expires_at=expires_at,
        concerns_at=offer.starts_at,
    )
    for to in recipients(offer.wish):
        send(notice, to, now=now)


def offer_values(offer_id: int, language: str) -> Values:
    """About one kept time and its deadline."""
    offer = EarlierOffer.objects.select_related("wish").get(pk=offer_id)
    meeting = Meeting.objects.select_related("service", "room", "consultant").get(
        offering=offer.party.offering_id
    )
    is_out = offer.wish.state == WishState.LEFT
    return {
        **values.meeting_values(meeting),
        "short": values.moment(meeting.starts_at, weekday=False),
        "until": _("%(day)s at %(time)s")
        % {
            "day": weekday_name(offer.expires_at),
            "time": format_time(offer.expires_at),
        },
        "what": _("we do not ask any more") if is_out else _("we ask again next time"),
        **link_values(reverse("consulting:earlier_offer", args=[offer.secret])),
    }


def offer_wanted(subject_id: int, message: OutboxMessage) -> str:
    """An offer that can still be accepted."""
    offer = EarlierOffer.objects.get(pk=subject_id)
    state = offer.state_at(timezone.now())
    if state == OfferState.OPEN:
        return ""
    return EXPIRED if state == OfferState.EXPIRED else SUPERSEDED


def lapsed_wanted(subject_id: int, message: OutboxMessage) -> str:
    """News of a silence, unless the person did something since."""
    offer = EarlierOffer.objects.select_related("wish").get(pk=subject_id)
    is_news = offer.wish.state in (WishState.WAITING, WishState.LEFT)
    return "" if is_news else SUPERSEDED


EXAMPLE = {
    "fa": {"what": "بار دیگر هم خبر می‌دهیم"},
    "en": {"what": "we ask again next time"},
}
_kind = partial(message_kind, sample=SAMPLE, example=EXAMPLE)


def kinds() -> list[MessageKind]:
    """About times that opened."""
    return [
        _kind(
            "earlier_offer",
            "change",
            offer_values,
            offer_wanted,
            sms={
                "fa": "«{service}» زودتر: {short}\nتا {until} در سایت بپذیرید"
                " یا زنگ بزنید: {phone}\n{centre}",
                "en": "{service}, earlier: {short}. Accept until {until} on our"
                " site or by {phone}\n{centre}",
            },
            sms_linked={
                "fa": "«{service}» زودتر: {short}\nتا {until} بپذیرید:\n{link}\n"
                "{centre}",
                "en": "{service} earlier: {short}\nAccept until {until}\n{link}\n"
                "{centre}",
            },
            subject={
                "fa": "زمان زودتر برای «{full_service}»: {day} {time}",
                "en": "An earlier time for {full_service}: {day} {time}",
            },
            body={
                "fa": "برای «{full_service}» زمانی باز شد: {day} {time}\n"
                "جا: {full_where}\nمشاور: {consultant}\n\n"
                "تا {until} برای شما نگه داشته می‌شود. پاسخ دهید:\n{url}" + END_FA,
                "en": "A time for {full_service} has opened: {day} {time}\n"
                "Where: {full_where}\nConsultant: {consultant}\n\n"
                "It is kept for you until {until}. Please answer:\n{url}" + END_EN,
            },
        ),
        _kind(
            "earlier_lapsed",
            "normal",
            offer_values,
            lapsed_wanted,
            sms={
                "fa": "«{service}» {short} به نفر بعد رسید؛ {what}.\n{centre}",
                "en": "{service} {short} went to the next one; {what}.\n{centre}",
            },
        ),
    ]
