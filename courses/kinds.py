"""The wording of every message about courses.

Persian first; the texts follow the centre's tone: short, formal plural, no address.
Each SMS stays within two parts with the longest values
(tests/notifications/test_kinds.py).
"""

from __future__ import annotations

from functools import partial

from booking.messages import END_EN, END_FA, message_kind
from booking.models import ReservationState
from courses import calendars, replies, values
from notifications.kinds import MessageKind, register


def _longest(text: str, length: int) -> str:
    return text[: length - 1] + "…"


LONG_COURSE = "الگوسازی پیشرفتهٔ نیم‌بوت و صندل تابستانی بچگانه"
LONG_NAME = _longest("سیدمحمدرضا نیک‌پور هیدجی اصل", values.NAME_LENGTH)
# The longest values that may occur in an SMS: cut to length in `courses.values`.
SAMPLE = {
    "course": _longest(LONG_COURSE, values.COURSE_LENGTH),
    "full_course": LONG_COURSE,
    "room": _longest("کارگاه پستایی‌سازی", values.ROOM_LENGTH),
    "day": "چهارشنبه ۲۲ اردیبهشت",
    "time": "۱۶:۳۰",
    "old": "چهارشنبه ۲۲ اردیبهشت ۱۴:۳۰",
    "new": "پنجشنبه ۲۳ اردیبهشت ۱۶:۳۰",
    "centre": "مرکز کفش هیدج",
    "phone": "۰۲۴ ۳۵۰۰ ۰۰۰۰",
    "address": "هیدج، بلوار امام، روبه‌روی مجتمع کارگاهی کفش، طبقهٔ اول ساختمان خوشه",
    "landmark": "روبه‌روی مجتمع کارگاهی کفش؛ کنار تعاونی تولیدکنندگان",
    "person": LONG_NAME,
    "for_whom": f" ({LONG_NAME})",
    "booker": LONG_NAME,
    "reference": "MWMWMW",
    "link": "kafsh.example/o/0123456789abcdef",
    "url": "https://kafsh.example/o/0123456789abcdef",
    "place": "۱۲",
    "reason": _longest("به‌علت برودت هوا در همهٔ استان و شهر", values.REASON_LENGTH),
    "full_reason": "به‌علت برودت هوا در همهٔ استان و گفتهٔ ستاد بحران",
    "dates": "چهارشنبه ۲۲ اردیبهشت، ۱۴:۳۰ تا ۱۸:۳۰",
    "until": "چهارشنبه ساعت ۱۸:۳۰",
    "what": "ثبت‌نام",
    "seats": "۱۲ از ۱۲",
    "number": "۱۲۳۴",
    "draw_at": "چهارشنبه ۲۲ اردیبهشت ۱۸:۳۰",
}
SHORT_LINK = {"link": "kafsh.example/b/MWMWMW"}


_kind = partial(message_kind, sample=SAMPLE)

PLACE_FA = "جا: {address}\nنشانی: {landmark}\n\n{url}\n{centre}، {phone}"
PLACE_EN = "Where: {address}\nLandmark: {landmark}\n\n{url}\n{centre}, {phone}"


def enrolment_kinds() -> list[MessageKind]:
    """About places that were taken or given up."""
    return [
        _kind(
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
        _kind(
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
        _kind(
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
        _kind(
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


def waiting_kinds() -> list[MessageKind]:
    """About turns on the waiting list and offered places."""
    return [
        _kind(
            "enrolment_waitlisted",
            "now",
            values.reservation_values,
            values.wanted_while(ReservationState.WAITING),
            sms={
                "fa": "«{course}» پر است. نوبت{for_whom} در فهرست انتظار: {place}.\n"
                "جا باز شود خبر می‌دهیم.\n{centre}",
                "en": "{course} is full. Turn{for_whom} on the waiting list: {place}."
                " We write when one is free.\n{centre}",
            },
        ),
        _kind(
            "place_offered",
            "change",
            values.offer_values,
            values.offer_wanted,
            sms={
                "fa": "در «{course}» جا باز شد.\nتا {until} در سایت بپذیرید"
                " یا زنگ بزنید: {phone}\n{centre}",
                "en": "A place in {course} is yours until {until}."
                " Accept it on our site or call {phone}\n{centre}",
            },
            sms_linked={
                "fa": "در «{course}» جا باز شد.\nتا {until} بپذیرید:\n{link}\n{centre}",
                "en": "A place in {course} is yours until {until}:\n{link}\n{centre}",
            },
            subject={
                "fa": "یک جا برای شما در «{full_course}»",
                "en": "A place for you in {full_course}",
            },
            body={
                "fa": "در «{full_course}» برای شما جا باز شد. تا {until} بپذیرید:\n"
                "{url}" + END_FA,
                "en": "A place in {full_course} is yours until {until}:\n{url}"
                + END_EN,
            },
        ),
        _kind(
            "offer_expired",
            "normal",
            values.reservation_values,
            values.still_in_line,
            sms={
                "fa": "مهلت پذیرش جا در «{course}» گذشت و جا به نفر بعد رسید."
                " شما در فهرست مانده‌اید.\n{centre}",
                "en": "The time to accept a place in {course} is over."
                " You stay on the waiting list.\n{centre}",
            },
        ),
        _kind(
            "left_waiting_list",
            "normal",
            values.reservation_values,
            values.version_wanted,
            sms={
                "fa": "نوبت{for_whom} در فهرست انتظار «{course}» پایان یافت: {reason}\n"
                "{centre}",
                "en": "{course}: the turn{for_whom} on the waiting list ended: {reason}"
                "\n{centre}",
            },
        ),
        _kind(
            "run_opened",
            "normal",
            values.interest_values,
            values.interest_wanted,
            sms={
                "fa": "ثبت‌نام «{course}» باز شد.\nشروع: {day} {time}\n"
                "در سایت یا {phone}\n{centre}",
                "en": "{course} is open for booking.\nStart: {day} {time}\n"
                "On our site or {phone}\n{centre}",
            },
            sms_linked={
                "fa": "ثبت‌نام «{course}» باز شد.\nشروع: {day} {time}\n{link}\n{centre}",
                "en": "{course} is open for booking.\nStart: {day} {time}\n{link}\n"
                "{centre}",
            },
        ),
    ]


def draw_kinds() -> list[MessageKind]:
    """About applications for a draw, and what it gave."""
    return [
        _kind(
            "draw_applied",
            "now",
            values.application_values,
            values.still_applied,
            sms={
                "fa": "درخواست{for_whom} برای «{course}» ثبت شد: شمارهٔ {number}\n"
                "قرعه‌کشی: {draw_at}\n{centre}",
                "en": "{course}{for_whom}: application no. {number}.\n"
                "Draw: {draw_at}\n{centre}",
            },
            sms_linked={
                "fa": "درخواست «{course}» ثبت شد: شمارهٔ {number}\n"
                "قرعه‌کشی: {draw_at}\n{link}\n{centre}",
                "en": "{course}: application no. {number}.\n"
                "Draw: {draw_at}\n{link}\n{centre}",
            },
            sample=SAMPLE | SHORT_LINK,
        ),
        _kind(
            "draw_won",
            "change",
            values.offer_values,
            values.offer_wanted,
            sms={
                "fa": "قرعهٔ «{course}» به نام شماست.\nتا {until} در سایت یا با {phone}"
                " بپذیرید.\n{centre}",
                "en": "You were drawn for {course}. Accept until {until}"
                " on our site or call {phone}\n{centre}",
            },
            sms_linked={
                "fa": "قرعهٔ «{course}» به نام شماست.\nتا {until} بپذیرید:\n{link}\n"
                "{centre}",
                "en": "You were drawn for {course}. Accept until {until}:\n{link}\n"
                "{centre}",
            },
            subject={
                "fa": "قرعهٔ «{full_course}» به نام شما درآمد",
                "en": "You were drawn for {full_course}",
            },
            body={
                "fa": "قرعهٔ «{full_course}» به نام شما درآمد. تا {until} بپذیرید:\n"
                "{url}" + END_FA,
                "en": "You were drawn for {full_course}. Accept until {until}:\n{url}"
                + END_EN,
            },
        ),
        _kind(
            "draw_result",
            "normal",
            values.reservation_values,
            values.still_in_line,
            sms={
                "fa": "قرعه‌کشی «{course}» انجام شد. نوبت{for_whom} در فهرست انتظار:"
                " {place}.\nجا باز شود خبر می‌دهیم.\n{centre}",
                "en": "{course} was drawn. Turn{for_whom} on the waiting list: {place}."
                " We write when a place is free.\n{centre}",
            },
        ),
    ]


def schedule_kinds() -> list[MessageKind]:
    """About class sessions and runs that move, end or are near."""
    return [
        _kind(
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
                "fa": "زمان تازهٔ کلاس «{full_course}»",
                "en": "New time: {full_course}",
            },
            body={
                "fa": "کلاس «{full_course}»{for_whom} جابه‌جا شد.\nپیشین: {old}\n"
                "تازه: {new}\n\nهمهٔ جلسه‌ها:\n{dates}" + END_FA,
                "en": "A class of {full_course}{for_whom} moved.\nOld: {old}\n"
                "New: {new}\n\nAll class sessions:\n{dates}" + END_EN,
            },
            calendar=calendars.notice_file_by_id,
        ),
        _kind(
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
        _kind(
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
        _kind(
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
                "en": "Reminder: {day} {time}, {course}, {room}.\n"
                "Not coming? {link}\n{centre}",
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


def teaching_kinds() -> list[MessageKind]:
    """For instructors."""
    return [
        _kind(
            "learner_late",
            "change",
            values.notice_values,
            values.late_wanted,
            sms={
                "fa": "{person} دیر می‌رسد: «{course}»، {day} {time}.\n{centre}",
                "en": "{person} will be late: {course}, {day} {time}.\n{centre}",
            },
        ),
        _kind(
            "instructor_booking_notice",
            "change",
            values.teacher_notice_values,
            values.version_wanted,
            sms={
                "fa": "{what}: {person}، «{course}»، {day} {time}.\n"
                "جاها: {seats}\n{centre}",
                "en": "{what}: {person}, {course}, {day} {time}.\n"
                "Places: {seats}\n{centre}",
            },
        ),
        _kind(
            "teaching_changed",
            "change",
            values.change_values,
            values.change_wanted,
            sms={
                "fa": "برنامهٔ تدریس «{course}»:\nپیشین: {old}\nتازه: {new}\n{centre}",
                "en": "Your class {course}:\nOld: {old}\nNew: {new}\n{centre}",
            },
        ),
        _kind(
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


def register_all() -> None:
    """Make every kind known; called at start-up."""
    groups = (
        enrolment_kinds,
        waiting_kinds,
        draw_kinds,
        schedule_kinds,
        teaching_kinds,
    )
    for group in groups:
        for kind in group():
            register(kind)
