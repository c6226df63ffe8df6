"""The wording of every message about courses.

Persian first; the texts follow the centre's tone: short, formal plural, no address.
Each SMS stays within two parts with the longest values
(tests/notifications/test_kinds.py).
"""

from __future__ import annotations

from courses.kinds.announcements import announcement_kinds
from courses.kinds.decisions import no_show_kinds, request_kinds
from courses.kinds.enrolments import enrolment_kinds
from courses.kinds.sessions import invitation_kinds, schedule_kinds
from courses.kinds.several import (
    change_of_place_kinds,
    copies_for_parties,
    party_kinds,
)
from courses.kinds.teaching import teaching_kinds
from courses.kinds.waiting import draw_kinds, waiting_kinds
from notifications.kinds import register


def register_all() -> None:
    """Make every kind known; called at start-up."""
    groups = (
        enrolment_kinds,
        waiting_kinds,
        draw_kinds,
        schedule_kinds,
        invitation_kinds,
        request_kinds,
        no_show_kinds,
        teaching_kinds,
        party_kinds,
        change_of_place_kinds,
        copies_for_parties,
        announcement_kinds,
    )
    for group in groups:
        for kind in group():
            register(kind)
