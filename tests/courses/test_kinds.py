from __future__ import annotations

import pytest

from courses import kinds
from notifications.kinds import MessageKind
from notifications.rendering import fill
from notifications.segments import count_parts

ALL = [
    kind
    for group in (
        kinds.enrolment_kinds,
        kinds.waiting_kinds,
        kinds.schedule_kinds,
        kinds.teaching_kinds,
    )
    for kind in group()
]
BY_NAME = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)


@BY_NAME
def test_sms_fits_two_parts_with_the_longest_values(kind: MessageKind) -> None:
    for wording in filter(None, (kind.sms, kind.sms_linked)):
        for language, text in wording.items():
            filled = fill(text, kind.sample)
            assert count_parts(filled) <= 2, (language, len(filled), filled)


@BY_NAME
def test_every_wording_is_in_both_languages(kind: MessageKind) -> None:
    for wording in kind.all_texts():
        assert set(wording) == {"fa", "en"}


@BY_NAME
def test_wording_names_the_centre(kind: MessageKind) -> None:
    for wording in filter(None, (kind.sms, kind.sms_linked, kind.email_body)):
        assert all("{centre}" in text for text in wording.values())
