"""The waiting list and the draw."""

from __future__ import annotations

from booking.messages import END_EN, END_FA
from booking.models import ReservationState
from courses import values
from courses.kinds.common import SAMPLE, SHORT_LINK, kind
from notifications.kinds import MessageKind


def waiting_kinds() -> list[MessageKind]:
    """About turns on the waiting list and offered places."""
    return [
        kind(
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
        kind(
            "place_offered",
            "change",
            values.offer_values,
            values.offer_wanted,
            sms={
                "fa": "در «{course}» جا باز شد.\nتا {until} در سایت بپذیرید"
                " یا زنگ بزنید: {phone}\n{centre}",
                "en": "A place in {course} is yours until {until}."
                " Accept on our site or call {phone}\n{centre}",
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
        kind(
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
        kind(
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
        kind(
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
                "en": "{course} is open\nStart: {day} {time}\n{link}\n{centre}",
            },
        ),
    ]


def draw_kinds() -> list[MessageKind]:
    """About applications for a draw, and what it gave."""
    return [
        kind(
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
        kind(
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
                "en": "Drawn for {course}: accept until {until}\n{link}\n{centre}",
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
        kind(
            "draw_result",
            "normal",
            values.reservation_values,
            values.still_in_line,
            sms={
                "fa": "قرعه‌کشی «{course}» انجام شد. نوبت{for_whom} در فهرست انتظار:"
                " {place}.\nجا باز شود خبر می‌دهیم.\n{centre}",
                "en": "{course} was drawn. Turn{for_whom} on the waiting list: {place}."
                " We write when it is yours.\n{centre}",
            },
        ),
    ]
