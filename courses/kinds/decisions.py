"""Requests that the staff decide, and those who did not come."""

from __future__ import annotations

from booking.messages import END_EN, END_FA, lifted_wanted, no_show_wanted
from booking.models import ReservationState
from courses import calendars, values
from courses.kinds.common import kind
from notifications.kinds import MessageKind


def request_kinds() -> list[MessageKind]:
    """About requests that the staff decide."""
    return [
        kind(
            "enrolment_asked",
            "now",
            values.decision_values,
            values.wanted_while(ReservationState.PENDING),
            sms={
                "fa": "درخواست «{course}»{for_whom} رسید و جا نگه داشته شد.\n"
                "تا {until} پاسخ می‌دهیم.\n{centre}",
                "en": "{course}{for_whom}: request received, place kept."
                " We answer until {until}.\n{centre}",
            },
            subject={
                "fa": "درخواست شما برای «{full_course}»",
                "en": "Your request for {full_course}",
            },
            body={
                "fa": "درخواست «{full_course}»{for_whom} رسید و جا نگه داشته شد.\n"
                "تا {until} پاسخ می‌دهیم.\nشمارهٔ پیگیری: {reference}" + END_FA,
                "en": "We have your request for {full_course}{for_whom} and keep the"
                " place.\nWe answer until {until}.\nReference: {reference}" + END_EN,
            },
        ),
        kind(
            "enrolment_approved",
            "now",
            values.decision_values,
            values.confirmation_wanted,
            sms={
                "fa": "درخواست «{course}»{for_whom} پذیرفته شد.\n{day} {time}\n"
                "شماره {reference}\n{centre}",
                "en": "{course}{for_whom}: accepted.\n{day} {time}\n"
                "No. {reference}\n{centre}",
            },
            subject={
                "fa": "جای شما در «{full_course}» قطعی شد",
                "en": "Your place in {full_course} is firm",
            },
            body={
                "fa": "درخواست «{full_course}»{for_whom} پذیرفته شد و جا قطعی است.\n"
                "شمارهٔ پیگیری: {reference}\n\nجلسه‌ها:\n{dates}" + END_FA,
                "en": "Your request for {full_course}{for_whom} is accepted.\n"
                "Reference: {reference}\n\nClass sessions:\n{dates}" + END_EN,
            },
            calendar=calendars.reservation_file_by_id,
        ),
        kind(
            "enrolment_refused",
            "now",
            values.decision_values,
            values.version_wanted,
            sms={
                "fa": "درخواست «{course}»{for_whom} پذیرفته نشد: {reason}\n{phone}\n"
                "{centre}",
                "en": "{course}{for_whom}: not accepted: {reason}\n{phone}\n{centre}",
            },
            subject={
                "fa": "درخواست «{full_course}» پذیرفته نشد",
                "en": "Your request for {full_course}",
            },
            body={
                "fa": "درخواست «{full_course}»{for_whom} پذیرفته نشد.\n"
                "سبب: {full_reason}" + END_FA,
                "en": "We could not accept the request for {full_course}{for_whom}.\n"
                "Reason: {full_reason}" + END_EN,
            },
        ),
        kind(
            "enrolment_lapsed",
            "now",
            values.decision_values,
            values.version_wanted,
            sms={
                "fa": "پوزش: به درخواست «{course}»{for_whom} به‌موقع پاسخ ندادیم و پایان"
                " یافت.\n{phone}\n{centre}",
                "en": "Sorry, we did not answer in time: {course}{for_whom}. The"
                " request ended.\n{phone}\n{centre}",
            },
            subject={
                "fa": "درخواست «{full_course}» بی‌پاسخ ماند",
                "en": "Your request for {full_course} was not answered",
            },
            body={
                "fa": "دربارهٔ «{full_course}»{for_whom} به‌موقع پاسخ ندادیم و درخواست"
                " پایان یافت. پوزش می‌خواهیم. لطفاً زنگ بزنید." + END_FA,
                "en": "We did not answer in time about {full_course}{for_whom}, and the"
                " request has ended. We are sorry. Please call us." + END_EN,
            },
        ),
    ]


def no_show_kinds() -> list[MessageKind]:
    """About classes to which somebody did not come."""
    return [
        kind(
            "enrolment_no_show",
            "normal",
            values.decision_values,
            no_show_wanted,
            sms={
                "fa": "در «{course}» شما را ندیدیم. {follows}\n"
                "اشتباه است؟ {phone}\n{centre}",
                "en": "We missed you: {course}. {follows}\n"
                "A mistake? {phone}\n{centre}",
            },
        ),
        kind(
            "enrolment_no_show_lifted",
            "normal",
            values.decision_values,
            lifted_wanted,
            sms={
                "fa": "نیامدن به «{course}» دیگر به حساب نمی‌آید.\n{centre}",
                "en": "{course}: that you were missed does not count any more.\n"
                "{centre}",
            },
        ),
    ]
