"""The wording of every message about consultations.

Short, formal plural, no address. Each SMS stays within two parts with the longest
values (tests/notifications/test_kinds.py).
"""

from __future__ import annotations

from functools import partial

from booking.messages import END_EN, END_FA, message_kind
from consulting import calendars, earlier_messages, replies, values
from notifications.kinds import MessageKind, register

# The longest values that may occur: cut to length in `consulting.values`.
SAMPLE = {
    "service": "عیب‌یابی الگو و فیت…",
    "full_service": "عیب‌یابی الگو و فیت کفش بچگانه و زنانه",
    "day": "چهارشنبه ۲۲ اردیبهشت",
    "time": "۱۶:۳۰",
    "old": "۲۲ اردیبهشت ۱۴:۳۰",
    "new": "پنجشنبه ۲۳ اردیبهشت ۱۶:۳۰",
    "where": "کارگاه پستایی…",
    "full_where": "کارگاه پستایی‌سازی\nهیدج، بلوار امام\nکنار تعاونی تولیدکنندگان",
    "consultant": "سیدعلی‌رضا مد…",
    "bring": "دو جفت نمونه، الگو و قالب همان مدل.",
    "centre": "مرکز کفش هیدج",
    "phone": "۰۲۴ ۳۵۰۰ ۰۰۰۰",
    "person": "سیدمحمدرضا نی…",
    "for_whom": " برای سیدمحمدرضا نی…",
    "booker": "سیدمحمدرضا نی…",
    "reference": "MWMWMW",
    "link": "kafsh.example/a/MWMWMW",
    "url": "https://kafsh.example/a/MWMWMW",
    "reason": "به‌علت برودت هوا در…",
    "full_reason": "به‌علت برودت هوا در همهٔ استان و گفتهٔ ستاد بحران",
    "what": "ثبت شد",
}

FACTS_FA = (
    "زمان: {new}\nجا: {full_where}\nمشاور: {consultant}\n"
    "همراه بیاورید: {bring}\nشمارهٔ پیگیری: {reference}\n\n"
    "تغییر یا لغو: {url}" + END_FA
)
FACTS_EN = (
    "When: {new}\nWhere: {full_where}\nConsultant: {consultant}\n"
    "Please bring: {bring}\nReference: {reference}\n\n"
    "Change or cancel: {url}" + END_EN
)


_kind = partial(message_kind, sample=SAMPLE)


def booked_kinds() -> list[MessageKind]:
    """About appointments that were made."""
    return [
        _kind(
            "appointment_confirmed",
            "now",
            values.reservation_values,
            values.confirmation_wanted,
            replies=replies.TO_NEWS,
            sms={
                "fa": "نوبت «{service}»{for_whom} ثبت شد.\n{day} {time}، {where}\n"
                "شماره {reference}\n{centre}",
                "en": "{service}{for_whom}: booked.\n{day} {time}, {where}\n"
                "No. {reference}\n{centre}",
            },
            sms_linked={
                "fa": "نوبت «{service}»{for_whom} {day} {time} ثبت شد.\n"
                "تغییر: {link}\n{centre}",
                "en": "{service}{for_whom}: booked for {day} {time}.\n"
                "Change: {link}\n{centre}",
            },
            subject={
                "fa": "مشاورهٔ «{full_service}»، {new}",
                "en": "{full_service}, {new}",
            },
            body={
                "fa": "مشاورهٔ «{full_service}»{for_whom} ثبت شد.\n\n" + FACTS_FA,
                "en": "{full_service}{for_whom}: booked.\n\n" + FACTS_EN,
            },
            calendar=calendars.invitation,
        ),
        _kind(
            "appointment_by_other",
            "normal",
            values.reservation_values,
            values.confirmation_wanted,
            replies=replies.TO_NEWS,
            sms={
                "fa": "{booker} برای شما نوبت «{service}» گرفت.\n{day} {time}،"
                " {where}\nشماره {reference}\n{centre}",
                "en": "{booker} booked {service} for you.\n{day} {time}, {where}\n"
                "No. {reference}\n{centre}",
            },
            subject={
                "fa": "{booker} برای شما مشاورهٔ «{full_service}» گرفت",
                "en": "{booker} booked {full_service} for you",
            },
            body={
                "fa": "{booker} برای شما مشاورهٔ «{full_service}» گرفت.\n\n" + FACTS_FA,
                "en": "{booker} booked {full_service} for you.\n\n" + FACTS_EN,
            },
            calendar=calendars.invitation,
        ),
        _kind(
            "appointment_reminder",
            "reminder",
            values.reservation_values,
            values.reminder_wanted,
            purpose="reminder",
            replies=replies.TO_REMINDER,
            sms={
                "fa": "یادآوری: نوبت «{service}»{for_whom}، {day} {time}، {where}."
                "\n{centre} {phone}",
                "en": "Reminder: {service}{for_whom}, {day} {time}, {where}.\n"
                "{centre} {phone}",
            },
            sms_linked={
                "fa": "یادآوری: نوبت «{service}»، {day} {time}، {where}.\n"
                "نمی‌آیید؟ {link}\n{centre}",
                "en": "Reminder: {service}, {day} {time}, {where}.\n"
                "Not coming? {link}\n{centre}",
            },
            subject={
                "fa": "یادآوری مشاورهٔ «{full_service}»",
                "en": "Reminder: {full_service}",
            },
            body={
                "fa": "یادآوری مشاورهٔ «{full_service}»{for_whom}\n\n" + FACTS_FA,
                "en": "Reminder: {full_service}{for_whom}\n\n" + FACTS_EN,
            },
        ),
    ]


def changed_kinds() -> list[MessageKind]:
    """About appointments that moved or ended."""
    return [
        _kind(
            "appointment_moved",
            "change",
            values.reservation_values,
            values.version_wanted,
            replies=replies.TO_NEWS,
            sms={
                "fa": "نوبت «{service}»{for_whom} جابه‌جا شد.\nپیشین: {old}\n"
                "تازه: {new}\n{centre}",
                "en": "{service}{for_whom} moved.\nOld: {old}\nNew: {new}\n{centre}",
            },
            subject={
                "fa": "زمان تازهٔ مشاورهٔ «{full_service}»: {new}",
                "en": "New time for {full_service}: {new}",
            },
            body={
                "fa": "مشاورهٔ «{full_service}»{for_whom} جابه‌جا شد.\n"
                "زمان پیشین: {old}\n\n" + FACTS_FA,
                "en": "{full_service}{for_whom} moved.\nBefore: {old}\n\n" + FACTS_EN,
            },
            calendar=calendars.invitation,
        ),
        _kind(
            "appointment_cancelled",
            "now",
            values.reservation_values,
            values.version_wanted,
            sms={
                "fa": "نوبت «{service}»{for_whom} ({day} {time}) لغو شد.\n{centre}",
                "en": "{service}{for_whom} ({day} {time}): cancelled.\n{centre}",
            },
            subject={
                "fa": "لغو مشاورهٔ «{full_service}»",
                "en": "Cancelled: {full_service}",
            },
            body={
                "fa": "مشاورهٔ «{full_service}»{for_whom} ({day} {time}) لغو شد."
                + END_FA,
                "en": "{full_service}{for_whom} ({day} {time}) is cancelled." + END_EN,
            },
            calendar=calendars.invitation,
        ),
        _kind(
            "appointment_cancelled_by_centre",
            "change",
            values.reservation_values,
            values.version_wanted,
            sms={
                "fa": "نوبت «{service}»{for_whom}، {day} {time}، لغو شد: {reason}\n"
                "{phone}\n{centre}",
                "en": "{service}{for_whom} {day} {time}: cancelled\n{reason}\n"
                "{phone}\n{centre}",
            },
            subject={
                "fa": "مشاورهٔ «{full_service}» برگزار نمی‌شود",
                "en": "{full_service} will not take place",
            },
            body={
                "fa": "مشاورهٔ «{full_service}»{for_whom} که {day} {time} بود برگزار"
                " نمی‌شود.\nسبب: {full_reason}\nپوزش می‌خواهیم." + END_FA,
                "en": "{full_service}{for_whom}, planned for {day} {time}, will not"
                " take place.\nReason: {full_reason}\nWe are sorry." + END_EN,
            },
            calendar=calendars.invitation,
        ),
    ]


def consultant_kinds() -> list[MessageKind]:
    """For consultants, about what is near."""
    return [
        _kind(
            "consultant_notice",
            "change",
            values.reservation_values,
            values.version_wanted,
            sms={
                "fa": "{what}: {person}، «{service}»، {day} {time}، {where}.\n{centre}",
                "en": "{what}: {person}, {service}, {day} {time}, {where}.\n{centre}",
            },
        ),
        _kind(
            "client_late",
            "change",
            values.reservation_values,
            values.version_wanted,
            sms={
                "fa": "{person} دیر می‌رسد: «{service}»، {day} {time}.\n{centre}",
                "en": "{person} will be late: {service}, {day} {time}.\n{centre}",
            },
        ),
        _kind(
            "consultant_moved",
            "change",
            values.change_values,
            values.change_wanted,
            sms={
                "fa": "نوبت «{service}» نزد شما:\nپیشین: {old}\nتازه: {new}،"
                " {where}\n{centre}",
                "en": "Your consultation {service}:\nOld: {old}\nNew: {new}, {where}\n"
                "{centre}",
            },
        ),
        _kind(
            "consultant_relieved",
            "change",
            values.change_values,
            values.change_wanted,
            sms={
                "fa": "نوبت «{service}»، {old}، دیگر با شما نیست.\n{centre}",
                "en": "{service}, {old}, is no longer yours.\n{centre}",
            },
        ),
    ]


def register_all() -> None:
    """Make every kind known; called at start-up."""
    kinds = (*booked_kinds(), *changed_kinds(), *consultant_kinds())
    for kind in (*kinds, *earlier_messages.kinds()):
        register(kind)
