"""Places that were taken, moved or given up."""

from __future__ import annotations

from booking.messages import END_EN, END_FA
from courses import calendars, replies, values
from courses.kinds.common import PLACE_EN, PLACE_FA, SAMPLE, SHORT_LINK, kind
from notifications.kinds import MessageKind


def enrolment_kinds() -> list[MessageKind]:
    """About places that were taken or given up."""
    return [
        kind(
            "enrolment_confirmed",
            "now",
            values.reservation_values,
            values.confirmation_wanted,
            replies=replies.TO_PLACE,
            sms={
                "fa": "«{course}»{for_whom} ثبت شد.\n"
                "{day} {time}، {room}\nشماره {reference}\n{centre}",
                "en": "{course}{for_whom}: booked.\n"
                "{day} {time}, {room}\nNo. {reference}\n{centre}",
            },
            sms_linked={
                "fa": "«{course}»{for_whom} ثبت شد.\n{day} {time}\n{link}\n{centre}",
                "en": "{course}{for_whom}: booked.\n{day} {time}\n{link}\n{centre}",
            },
            subject={
                "fa": "ثبت‌نام در «{full_course}»",
                "en": "Your place in {full_course}",
            },
            body={
                "fa": "ثبت‌نام در «{full_course}»{for_whom} انجام شد.\n"
                "شمارهٔ پیگیری: {reference}\n\nجلسه‌ها:\n{dates}\n\n" + PLACE_FA,
                "en": "{full_course}{for_whom}: booked.\n"
                "Reference: {reference}\n\nClass sessions:\n{dates}\n\n" + PLACE_EN,
            },
            calendar=calendars.reservation_file_by_id,
            sample=SAMPLE | SHORT_LINK,
        ),
        kind(
            "registered_by_other",
            "normal",
            values.reservation_values,
            values.confirmation_wanted,
            replies=replies.TO_PLACE,
            sms={
                "fa": "{booker} شما را در «{course}» ثبت‌نام کرد.\n"
                "{day} {time}\nشماره {reference}\n{centre}",
                "en": "{booker} booked {course} for you.\n"
                "{day} {time}\nNo. {reference}\n{centre}",
            },
            subject={
                "fa": "{booker} شما را در «{full_course}» ثبت‌نام کرد",
                "en": "{booker} booked {full_course} for you",
            },
            body={
                "fa": "{booker} شما را در «{full_course}» ثبت‌نام کرد.\n"
                "شمارهٔ پیگیری: {reference}\n\nجلسه‌ها:\n{dates}\n\n" + PLACE_FA,
                "en": "{booker} booked {full_course} for you.\n"
                "Reference: {reference}\n\nClass sessions:\n{dates}\n\n" + PLACE_EN,
            },
            calendar=calendars.reservation_file_by_id,
        ),
        kind(
            "enrolment_cancelled",
            "now",
            values.reservation_values,
            values.version_wanted,
            sms={
                "fa": "ثبت‌نام{for_whom} در «{course}» ({day}) لغو شد.\n{centre}",
                "en": "{course}{for_whom} ({day}): cancelled.\n{centre}",
            },
            subject={
                "fa": "لغو ثبت‌نام در «{full_course}»",
                "en": "Cancelled: {full_course}",
            },
            body={
                "fa": "ثبت‌نام{for_whom} در «{full_course}» ({day}) لغو شد." + END_FA,
                "en": "{full_course}{for_whom} ({day}) is cancelled." + END_EN,
            },
            calendar=calendars.reservation_file_by_id,
        ),
        kind(
            "enrolment_cancelled_by_centre",
            "change",
            values.reservation_values,
            values.version_wanted,
            sms={
                "fa": "ثبت‌نام{for_whom} در «{course}» را لغو کردیم: {reason}\n"
                "{phone}\n{centre}",
                "en": "We cancelled {course}{for_whom}: {reason}\n{phone}\n{centre}",
            },
            subject={
                "fa": "لغو ثبت‌نام در «{full_course}»",
                "en": "Cancelled: {full_course}",
            },
            body={
                "fa": "ثبت‌نام{for_whom} در «{full_course}» را لغو کردیم.\n"
                "سبب: {full_reason}" + END_FA,
                "en": "We cancelled {full_course}{for_whom}.\n"
                "Reason: {full_reason}" + END_EN,
            },
            calendar=calendars.reservation_file_by_id,
        ),
    ]
