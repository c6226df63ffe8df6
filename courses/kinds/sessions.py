"""Class sessions and runs that move, end or are near."""

from __future__ import annotations

from booking.messages import END_EN, END_FA
from courses import calendars, replies, values
from courses.kinds.common import PLACE_EN, PLACE_FA, SAMPLE, SHORT_LINK, kind
from notifications.kinds import MessageKind, always_wanted


def schedule_kinds() -> list[MessageKind]:
    """About class sessions and runs that move, end or are near."""
    return [
        kind(
            "class_session_moved",
            "change",
            values.notice_values,
            values.notice_wanted,
            replies=replies.TO_NOTICE,
            sms={
                "fa": "کلاس «{course}» جابه‌جا شد.\nپیشین: {old}\nتازه: {new}\n{centre}",
                "en": "{course}: class moved.\nOld: {old}\nNew: {new}\n{centre}",
            },
            subject={
                "fa": "تغییر کلاس «{full_course}»",
                "en": "Class changed: {full_course}",
            },
            body={
                "fa": "کلاس «{full_course}»{for_whom} جابه‌جا شد.\nپیشین: {old}\n"
                "تازه: {new}\n\nهمهٔ جلسه‌ها:\n{dates}" + END_FA,
                "en": "A class of {full_course}{for_whom} moved.\nOld: {old}\n"
                "New: {new}\n\nAll class sessions:\n{dates}" + END_EN,
            },
            calendar=calendars.notice_file_by_id,
        ),
        kind(
            "class_session_added",
            "change",
            values.notice_values,
            values.notice_wanted,
            sms={
                "fa": "جلسهٔ تازهٔ «{course}»: {day} {time}، {room}.\n{centre}",
                "en": "{course}: one more class on {day} {time}, {room}.\n{centre}",
            },
            subject={
                "fa": "یک جلسهٔ دیگر برای «{full_course}»",
                "en": "One more class: {full_course}",
            },
            body={
                "fa": "یک جلسه به «{full_course}»{for_whom} افزوده شد: {day} {time}،"
                " {room}.\n\nهمهٔ جلسه‌ها:\n{dates}" + END_FA,
                "en": "{full_course}{for_whom} has one more class on {day} {time},"
                " {room}.\n\nAll class sessions:\n{dates}" + END_EN,
            },
            calendar=calendars.notice_file_by_id,
        ),
        kind(
            "class_session_cancelled",
            "change",
            values.notice_values,
            values.notice_wanted,
            sms={
                "fa": "«{course}»: کلاس {day} {time} برگزار نمی‌شود ({reason}).\n"
                "{centre}",
                "en": "{course}: no class on {day} {time} ({reason}).\n{centre}",
            },
            subject={
                "fa": "کلاس {day} «{full_course}» برگزار نمی‌شود",
                "en": "No class on {day}: {full_course}",
            },
            body={
                "fa": "کلاس {day} {time} «{full_course}»{for_whom} برگزار نمی‌شود.\n"
                "سبب: {full_reason}\n\nجلسه‌های دیگر:\n{dates}" + END_FA,
                "en": "There is no class of {full_course}{for_whom} on {day} {time}.\n"
                "Reason: {full_reason}\n\nOther class sessions:\n{dates}" + END_EN,
            },
            calendar=calendars.notice_file_by_id,
        ),
        kind(
            "run_cancelled",
            "change",
            values.reservation_values,
            values.version_wanted,
            sms={
                "fa": "با پوزش، «{course}» ({day}) لغو شد: {reason}\n{phone}\n{centre}",
                "en": "Sorry, {course} ({day}) is cancelled: {reason}\n"
                "{phone}\n{centre}",
            },
            subject={
                "fa": "دورهٔ «{full_course}» برگزار نمی‌شود",
                "en": "{full_course} will not take place",
            },
            body={
                "fa": "دورهٔ «{full_course}»{for_whom} که {day} آغاز می‌شد برگزار"
                " نمی‌شود.\nسبب: {full_reason}\nپوزش می‌خواهیم." + END_FA,
                "en": "{full_course}{for_whom}, planned for {day}, will not take"
                " place.\nReason: {full_reason}\nWe are sorry." + END_EN,
            },
            calendar=calendars.reservation_file_by_id,
        ),
        kind(
            "class_reminder",
            "reminder",
            values.notice_values,
            values.reminder_wanted,
            purpose="reminder",
            replies=replies.TO_REMINDER,
            sms={
                "fa": "یادآوری: {day} {time}، «{course}»{for_whom}، {room}.\n{centre}",
                "en": "Reminder: {day} {time}, {course}{for_whom}, {room}.\n{centre}",
            },
            sms_linked={
                "fa": "یادآوری: {day} {time}، «{course}»، {room}.\n"
                "نمی‌آیید؟ {link}\n{centre}",
                "en": "{day} {time}: {course}, {room}\nNot coming? {link}\n{centre}",
            },
            subject={
                "fa": "یادآوری کلاس «{full_course}»",
                "en": "Reminder: {full_course}",
            },
            body={
                "fa": "یادآوری: {day} {time}، «{full_course}»{for_whom}، {room}.\n\n"
                + PLACE_FA,
                "en": "Reminder: {day} {time}, {full_course}{for_whom}, {room}.\n\n"
                + PLACE_EN,
            },
            sample=SAMPLE | SHORT_LINK,
        ),
    ]


def invitation_kinds() -> list[MessageKind]:
    """By e-mail only, with one calendar entry each."""
    return [
        kind(
            "class_session_invited",
            "normal",
            values.notice_values,
            values.notice_wanted,
            sms={
                "fa": "{day} {time}، «{course}»{for_whom}، {room}.\n{centre}",
                "en": "{day} {time}, {course}{for_whom}, {room}.\n{centre}",
            },
            subject={
                "fa": "{day} {time}: «{full_course}»",
                "en": "{day} {time}: {full_course}",
            },
            calendar=calendars.session_invitation,
        ),
        kind(
            "class_session_uninvited",
            "normal",
            values.notice_values,
            always_wanted,
            sms={
                "fa": "جای شما در کلاس «{course}» ({day} {time}) پس داده شد.\n{centre}",
                "en": "You have no place any more: {course}, {day} {time}.\n{centre}",
            },
            subject={
                "fa": "از تقویم بردارید: {day} {time}، «{full_course}»",
                "en": "Off the calendar: {day} {time}, {full_course}",
            },
            calendar=calendars.session_invitation,
        ),
    ]
