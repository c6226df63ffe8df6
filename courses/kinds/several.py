"""The wording of messages about several places, names, and places that change hands."""

from __future__ import annotations

from booking.messages import END_EN, END_FA
from courses import calendars, several, values
from courses.kinds.common import PLACE_EN, PLACE_FA, SAMPLE, SHORT_LINK, kind
from courses.messages import PARTY_KINDS
from notifications import kinds
from notifications.kinds import MessageKind

MOST = {
    "for_whom": " (۱۰ جا)",
    "names": "نام‌ها تا ۲۲ اردیبهشت ۱۶:۳۰\n",
    "count": "۱۰",
    "until": "۲۲ اردیبهشت ۱۶:۳۰",
}


def copies_for_parties() -> list[MessageKind]:
    """What the booker of several places hears in the same words, about all of them."""
    return [
        several.for_party(kinds.get(name))
        for name, of_party in PARTY_KINDS.items()
        if of_party == several.PREFIX + name
    ]


def party_kinds() -> list[MessageKind]:
    """For the booker of several places."""
    sample = SAMPLE | SHORT_LINK | MOST
    return [
        kind(
            several.CONFIRMED,
            "now",
            several.confirmed_values,
            values.confirmation_wanted,
            sample=sample,
            sms={
                "fa": "«{course}»{for_whom} ثبت شد.\n{day}، شماره {reference}\n"
                "{names}{centre}",
                "en": "{course}{for_whom}: booked.\n{day}, No. {reference}\n"
                "{names}{centre}",
            },
            sms_linked={
                "fa": "«{course}»{for_whom} ثبت شد.\n{day}\n{names}{link}\n{centre}",
                "en": "Booked {course}{for_whom}\n{day}\n{names}{link}\n{centre}",
            },
            subject={
                "fa": "ثبت‌نام در «{full_course}»{for_whom}",
                "en": "Your places in {full_course}{for_whom}",
            },
            body={
                "fa": "ثبت‌نام در «{full_course}»{for_whom} انجام شد.\n"
                "شمارهٔ پیگیری: {reference}\n{names}\nجلسه‌ها:\n{dates}\n\n" + PLACE_FA,
                "en": "{full_course}{for_whom}: booked.\n"
                "Reference: {reference}\n{names}\nClass sessions:\n{dates}\n\n"
                + PLACE_EN,
            },
        ),
        kind(
            several.NAMES_NEEDED,
            "reminder",
            several.names_values,
            several.names_wanted,
            purpose="reminder",
            sample=sample,
            sms={
                "fa": "«{course}»: نام {count} نفر را تا {until} در سایت بنویسید یا"
                " بگویید: {phone}\n{centre}",
                "en": "{course}: please write {count} names until {until} on our site"
                " or call {phone}\n{centre}",
            },
            sms_linked={
                "fa": "«{course}»: نام {count} نفر را تا {until} بنویسید:\n{link}\n"
                "{centre}",
                "en": "{course}: please write {count} names until {until}:\n{link}\n"
                "{centre}",
            },
        ),
    ]


def change_of_place_kinds() -> list[MessageKind]:
    """About a place that another person or another run has now."""
    return [
        kind(
            "place_passed_on",
            "change",
            values.reservation_values,
            values.version_wanted,
            sms={
                "fa": "جای{for_whom} در «{course}» ({day}) به فرد دیگری داده شد.\n"
                "پرسش: {phone}\n{centre}",
                "en": "{course}{for_whom}, {day}: given to another person.\n"
                "{phone}\n{centre}",
            },
            subject={
                "fa": "جای «{full_course}» به فرد دیگری داده شد",
                "en": "Given to another person: {full_course}",
            },
            body={
                "fa": "جای{for_whom} در «{full_course}» ({day}) به فرد دیگری داده شد."
                + END_FA,
                "en": "The place{for_whom} in {full_course} ({day}) was given to"
                " another person." + END_EN,
            },
            calendar=calendars.reservation_file_by_id,
        ),
        kind(
            "moved_to_run",
            "change",
            values.moved_values,
            values.confirmation_wanted,
            sample=SAMPLE | SHORT_LINK,
            sms={
                "fa": "«{course}»{for_whom} جابه‌جا شد.\nشروع تازه: {new}\n{centre}",
                "en": "{course}{for_whom}: moved.\nNew start: {new}\n{centre}",
            },
            subject={
                "fa": "تاریخ تازهٔ شما در «{full_course}»",
                "en": "Your new dates: {full_course}",
            },
            body={
                "fa": "ثبت‌نام{for_whom} در «{full_course}» جابه‌جا شد.\n"
                "شروع پیشین: {old}\nشروع تازه: {new}\nشمارهٔ پیگیری: {reference}\n\n"
                "جلسه‌ها:\n{dates}\n\n" + PLACE_FA,
                "en": "{full_course}{for_whom} was moved.\nOld start: {old}\n"
                "New start: {new}\nReference: {reference}\n\n"
                "Class sessions:\n{dates}\n\n" + PLACE_EN,
            },
            calendar=calendars.moved_file_by_id,
        ),
    ]
