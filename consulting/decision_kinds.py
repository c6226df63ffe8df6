"""The wording of messages about requests, and about those who did not come.

As in `consulting.kinds`: short, formal plural, within two parts.
"""

from __future__ import annotations

from functools import partial

from booking.messages import (
    END_EN,
    END_FA,
    lifted_wanted,
    message_kind,
    no_show_wanted,
)
from consulting import calendars, values
from consulting.kinds import FACTS_EN, FACTS_FA
from consulting.kinds import SAMPLE as MEETING_SAMPLE
from notifications.kinds import MessageKind, register

SAMPLE = MEETING_SAMPLE | {
    "until": "چهارشنبه ساعت ۱۸:۳۰",
    "follows": "نوبت بعدی را نخست مرکز تأیید می‌کند.",
}
_kind = partial(message_kind, sample=SAMPLE)


def request_kinds() -> list[MessageKind]:
    """About requests that the staff decide."""
    return [
        _kind(
            "appointment_asked",
            "now",
            values.decision_values,
            values.request_wanted,
            sms={
                "fa": "درخواست «{service}»{for_whom} {day} {time} رسید.\n"
                "تا {until} پاسخ می‌دهیم.\n{centre}",
                "en": "{service}{for_whom}, {day} {time}: asked for.\n"
                "Answer until {until}.\n{centre}",
            },
            subject={
                "fa": "درخواست شما برای «{full_service}»، {new}",
                "en": "Your request for {full_service}, {new}",
            },
            body={
                "fa": "درخواست «{full_service}»{for_whom} رسید و زمان نگه داشته شد.\n"
                "زمان: {new}\nتا {until} پاسخ می‌دهیم.\n"
                "شمارهٔ پیگیری: {reference}" + END_FA,
                "en": "We have your request for {full_service}{for_whom} and keep the"
                " time.\nWhen: {new}\nWe answer until {until}.\n"
                "Reference: {reference}" + END_EN,
            },
        ),
        _kind(
            "appointment_approved",
            "now",
            values.decision_values,
            values.confirmation_wanted,
            sms={
                "fa": "درخواست «{service}»{for_whom} پذیرفته شد.\n{day} {time}،"
                " {where}\nشماره {reference}\n{centre}",
                "en": "{service}{for_whom}: accepted.\n{day} {time}, {where}\n"
                "No. {reference}\n{centre}",
            },
            subject={
                "fa": "مشاورهٔ «{full_service}» قطعی شد، {new}",
                "en": "{full_service} is firm, {new}",
            },
            body={
                "fa": "درخواست «{full_service}»{for_whom} پذیرفته شد.\n\n" + FACTS_FA,
                "en": "Your request for {full_service}{for_whom} is accepted.\n\n"
                + FACTS_EN,
            },
            calendar=calendars.invitation,
        ),
        _kind(
            "appointment_refused",
            "now",
            values.decision_values,
            values.version_wanted,
            sms={
                "fa": "درخواست «{service}»{for_whom} پذیرفته نشد: {reason}\n{phone}\n"
                "{centre}",
                "en": "{service}{for_whom}: not accepted: {reason}\n{phone}\n{centre}",
            },
            subject={
                "fa": "درخواست «{full_service}» پذیرفته نشد",
                "en": "Your request for {full_service}",
            },
            body={
                "fa": "درخواست «{full_service}»{for_whom}، {new}، پذیرفته نشد.\n"
                "سبب: {full_reason}" + END_FA,
                "en": "We could not accept the request for {full_service}{for_whom},"
                " {new}.\nReason: {full_reason}" + END_EN,
            },
        ),
        _kind(
            "appointment_lapsed",
            "now",
            values.decision_values,
            values.version_wanted,
            sms={
                "fa": "پوزش: به درخواست «{service}»{for_whom} به‌موقع پاسخ ندادیم و"
                " پایان یافت.\n{phone}\n{centre}",
                "en": "Sorry, we did not answer in time: {service}{for_whom}. The"
                " request ended.\n{phone}\n{centre}",
            },
            subject={
                "fa": "درخواست «{full_service}» بی‌پاسخ ماند",
                "en": "Your request for {full_service} was not answered",
            },
            body={
                "fa": "به درخواست «{full_service}»{for_whom}، {new}، به‌موقع پاسخ ندادیم"
                " و درخواست پایان یافت. پوزش می‌خواهیم. لطفاً زنگ بزنید." + END_FA,
                "en": "We did not answer in time about {full_service}{for_whom}, {new},"
                " and the request has ended. We are sorry. Please call us." + END_EN,
            },
        ),
    ]


def no_show_kinds() -> list[MessageKind]:
    """About meetings to which somebody did not come."""
    return [
        _kind(
            "appointment_no_show",
            "normal",
            values.decision_values,
            no_show_wanted,
            sms={
                "fa": "در نوبت «{service}» شما را ندیدیم. {follows}\n"
                "اشتباه است؟ {phone}\n{centre}",
                "en": "We missed you: {service}. {follows}\n"
                "A mistake? {phone}\n{centre}",
            },
        ),
        _kind(
            "appointment_no_show_lifted",
            "normal",
            values.decision_values,
            lifted_wanted,
            sms={
                "fa": "نیامدن به نوبت «{service}»، {day}، دیگر به حساب نمی‌آید.\n"
                "{centre}",
                "en": "{service}, {day}: that you were missed does not count any"
                " more.\n{centre}",
            },
        ),
    ]


def register_all() -> None:
    """Make every kind known; called at start-up."""
    for kind in (*request_kinds(), *no_show_kinds()):
        register(kind)
