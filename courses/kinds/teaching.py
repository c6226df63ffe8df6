"""What instructors are told."""

from __future__ import annotations

from courses import values
from courses.kinds.common import kind
from notifications.kinds import MessageKind


def teaching_kinds() -> list[MessageKind]:
    """For instructors."""
    return [
        kind(
            "learner_late",
            "change",
            values.notice_values,
            values.late_wanted,
            sms={
                "fa": "{person} دیر می‌رسد: «{course}»، {day} {time}.\n{centre}",
                "en": "{person} will be late: {course}, {day} {time}.\n{centre}",
            },
        ),
        kind(
            "instructor_booking_notice",
            "change",
            values.teacher_notice_values,
            values.version_wanted,
            example={"fa": {"what": "ثبت‌نام"}, "en": {"what": "New"}},
            sms={
                "fa": "{what}: {person}، «{course}»، {day} {time}.\n"
                "جاها: {seats}\n{centre}",
                "en": "{what}: {person}, {course}, {day} {time}.\n"
                "Places: {seats}\n{centre}",
            },
        ),
        kind(
            "teaching_changed",
            "change",
            values.change_values,
            values.change_wanted,
            sms={
                "fa": "برنامهٔ تدریس «{course}»:\nپیشین: {old}\nتازه: {new}\n{centre}",
                "en": "Your class {course}:\nOld: {old}\nNew: {new}\n{centre}",
            },
        ),
        kind(
            "teaching_given",
            "change",
            values.teacher_change_values,
            values.teacher_change_wanted,
            sms={
                "fa": "کلاس «{course}» با شماست: {day} {time}، {room}.\n{centre}",
                "en": "You teach {course}: {day} {time}, {room}.\n{centre}",
            },
        ),
        kind(
            "teaching_taken",
            "change",
            values.teacher_change_values,
            values.teacher_change_wanted,
            sms={
                "fa": "کلاس «{course}» در {day} {time} دیگر با شما نیست.\n{centre}",
                "en": "You no longer teach {course} on {day} {time}.\n{centre}",
            },
        ),
        kind(
            "teaching_run_cancelled",
            "change",
            values.run_values,
            values.run_cancelled_wanted,
            sms={
                "fa": "دورهٔ «{course}» ({day}) که تدریس می‌کردید لغو شد: {reason}\n"
                "{centre}",
                "en": "{course} ({day}), which you teach, is cancelled: {reason}\n"
                "{centre}",
            },
        ),
    ]
