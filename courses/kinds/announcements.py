"""What staff say to everybody in a run, in their own words."""

from __future__ import annotations

from booking.messages import END_EN, END_FA
from courses import values
from courses.kinds.common import SAMPLE, kind
from courses.models.announcements import WORDS_LENGTH
from notifications.kinds import MessageKind

_LONG = (
    "فردا کلاس در کارگاه الگوسازی برگزار می‌شود؛ لطفاً قالب، کاغذ الگو، خط‌کش و یک جفت"
    " نمونهٔ کامل از همان مدل همراه بیاورید."
)


def announcement_kinds() -> list[MessageKind]:
    """The words are the message; the course is named where there is room."""
    return [
        kind(
            "run_message",
            "change",
            values.run_message_values,
            values.run_message_wanted,
            sms={"fa": "{words}\n{centre}", "en": "{words}\n{centre}"},
            subject={
                "fa": "پیام مرکز دربارهٔ «{full_course}»",
                "en": "About {full_course}",
            },
            body={
                "fa": "{words}\n\nدوره: {full_course}" + END_FA,
                "en": "{words}\n\nCourse: {full_course}" + END_EN,
            },
            sample=SAMPLE | {"words": _LONG[:WORDS_LENGTH].ljust(WORDS_LENGTH, "…")},
            example={
                "fa": {"words": "برای کلاس شنبه یک جفت قالب همراه بیاورید."},
                "en": {"words": "Please bring a pair of lasts on Saturday."},
            },
        )
    ]
