"""What the wordings of courses have in common: the longest values, the last lines."""

from __future__ import annotations

from functools import partial

from booking.messages import message_kind
from courses import values


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
    "follows": "نوبت بعدی را نخست مرکز تأیید می‌کند.",
    "seats": "۱۲ از ۱۲",
    "number": "۱۲۳۴",
    "draw_at": "چهارشنبه ۲۲ اردیبهشت ۱۸:۳۰",
}
SHORT_LINK = {"link": "kafsh.example/b/MWMWMW"}


kind = partial(message_kind, sample=SAMPLE)

# The last lines of an e-mail about a place.
PLACE_FA = "جا: {address}\nنشانی: {landmark}\n\n{url}\n{centre}، {phone}"
PLACE_EN = "Where: {address}\nLandmark: {landmark}\n\n{url}\n{centre}, {phone}"
