"""The wording of what we answer to an SMS that came in."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.utils import timezone

from notifications import kinds
from notifications.kinds import MessageKind, always_wanted, register
from notifications.models import InboundMessage, OutboxMessage
from notifications.questions import Question
from notifications.syntax import placeholders
from persian.phones import display_phone
from persian.text import clip, localized, to_reader_digits

SAMPLE = {
    "what": "سیدمحمدرضا نی…، چهارشنبه ۲۲ اردیبهشت ۱۶:۳۰",
    "choices": "\n".join(f"{n}. سیدمحم… ۲۲ اردیبهشت ۱۶:۳۰" for n in "۱۲۳"),
    "centre": "مرکز کفش هیدج",
    "phone": "۰۲۴ ۳۵۰۰ ۰۰۰۰",
}
EXAMPLE = {
    "fa": {
        "what": "الگوسازی دستی، شنبه ۷ آذر ۱۶:۰۰",
        "choices": "۱. الگوسازی… ۷ آذر ۱۶:۰۰\n۲. عیب‌یابی… ۹ آذر ۱۷:۰۰",
    },
    "en": {
        "what": "Pattern making, Sat 28 November 16:00",
        "choices": "1. Pattern… 28 November 16:00\n2. Faults of… 30 November 17:00",
    },
}
TEXTS: dict[str, dict[str, str]] = {
    "comes": {
        "fa": "ثبت شد: می‌آیید.\n{what}\n{centre}",
        "en": "Noted: you are coming.\n{what}\n{centre}",
    },
    "excused": {
        "fa": "ثبت شد: به این جلسه نمی‌آیید. جای شما در دوره می‌ماند.\n{what}\n{centre}",
        "en": "Noted: not at this class. You keep your place.\n{what}\n{centre}",
    },
    "late": {
        "fa": "ثبت شد: دیر می‌رسید. خبر دادیم.\n{what}\n{centre}",
        "en": "Noted: you will be late. They know.\n{what}\n{centre}",
    },
    "too_late": {
        "fa": "مهلت لغو با پیامک گذشته است. با شما تماس می‌گیریم.\n{what}\n{centre}",
        "en": "Too late to cancel by SMS. We will call you.\n{what}\n{centre}",
    },
    "call": {
        "fa": "ثبت شد. با شما تماس می‌گیریم.\n{centre} {phone}",
        "en": "Noted. We will call you.\n{centre} {phone}",
    },
    "stopped": {
        "fa": "یادآوری‌ها برای این شماره قطع شد. خبر تغییر و لغو باز هم می‌آید."
        " وصل دوباره: ۱۲\n{centre}",
        "en": "No more reminders to this number. Changes are still told."
        " Again: 12\n{centre}",
    },
    "started": {
        "fa": "یادآوری‌ها برای این شماره وصل شد.\n{centre}",
        "en": "Reminders to this number are on again.\n{centre}",
    },
    "which": {
        "fa": "کدام یک؟ شماره‌اش را بفرستید:\n{choices}\n{centre}",
        "en": "Which? Send its number:\n{choices}\n{centre}",
    },
}
CHOICE_LENGTH, NAME_LENGTH = 26, 8


def _centre() -> dict[str, str]:
    centre = settings.HIDAJ_CENTRE
    return {
        "centre": localized(centre, "short_name"),
        "phone": display_phone(centre["phone"]),
    }


def _values(inbound_id: int, language: str) -> Mapping[str, str]:
    inbound = InboundMessage.objects.select_related("about").get(pk=inbound_id)
    what = _question(inbound.about, language).label if inbound.about else ""
    return {"what": what, "choices": _choices(inbound, language), **_centre()}


def _choices(inbound: InboundMessage, language: str) -> str:
    asked = OutboxMessage.objects.in_bulk(inbound.choices)
    questions = [_question(asked[pk], language) for pk in inbound.choices]
    lines = [f"{n}. {words}" for n, words in enumerate(_told_apart(questions), 1)]
    return to_reader_digits("\n".join(lines))


def _told_apart(questions: list[Question]) -> list[str]:
    """What differs is said at length: who, when, or a little of both."""
    if len({question.when for question in questions}) == 1:
        return [clip(question.name, CHOICE_LENGTH) for question in questions]
    if len({question.name for question in questions}) == 1:
        return [clip(question.when, CHOICE_LENGTH) for question in questions]
    both = (f"{clip(q.name, NAME_LENGTH)} {q.when}" for q in questions)
    return [clip(words.strip(), CHOICE_LENGTH) for words in both]


def _question(message: OutboxMessage, language: str) -> Question:
    """What a message asked, as it stood then: by now the answer may have closed it."""
    replies = kinds.get(message.kind).replies
    at = message.first_call_at or timezone.now()
    question = replies.question(message.subject_id, language, at) if replies else None
    return question or Question("", "", "", "")


def register_kinds() -> None:
    """Called once, at start-up."""
    for outcome, texts in TEXTS.items():
        named = placeholders("".join(texts.values()))
        register(
            MessageKind(
                name=f"reply_{outcome}",
                purpose="transactional",
                urgency="now",
                variables=tuple(name for name in SAMPLE if name in named),
                values=_values,
                still_wanted=always_wanted,
                sample=SAMPLE,
                example=EXAMPLE,
                sms=texts,
            )
        )
