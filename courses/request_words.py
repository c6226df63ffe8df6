"""What the pages of a run say about approval, before anybody asks for a place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.models import Person
from booking.models import ApprovalReason
from booking.request_words import answer_rule, answer_words, no_show_words
from courses.display import join_names
from courses.models import Approval, CourseRun


def _prerequisites(run: CourseRun) -> str:
    titles = [c.title for c in run.course.prerequisites.all()]
    return join_names([_("“%(title)s”") % {"title": title} for title in titles])


def rule_words(run: CourseRun) -> list[str]:
    """The rules of a run for everyone: who is refused, about whom the staff decide."""
    words = []
    if run.is_for_cluster:
        words.append(
            _(
                "For workshops of the cluster. Who has no workshop cannot book; a"
                " workshop that we do not know as a member is checked by the centre."
            )
        )
    if run.approval == Approval.ALWAYS:
        words.append(_("The centre decides about each place in this course."))
    if names := _needed_names(run):
        words.append(
            _(
                "Who has completed %(courses)s with us books at once. Who learned it at"
                " work writes so in the form, and the centre decides."
            )
            % {"courses": names}
            if run.approval == Approval.PREREQUISITE
            else _("Write in the form where you learned %(courses)s.")
            % {"courses": names}
        )
    return [*words, answer_rule()] if words else []


def _needed_names(run: CourseRun) -> str:
    return "" if run.approval == Approval.NONE else _prerequisites(run)


def _need_word(
    run: CourseRun, reason: str, reader: Person | None, now: dt.datetime
) -> str:
    match ApprovalReason(reason):
        case ApprovalReason.NO_SHOWS:
            return no_show_words(reader, now)
        case ApprovalReason.ALWAYS:
            return _("The centre decides about each place in this course.")
        case ApprovalReason.CLUSTER:
            return _(
                "This course is for workshops of the cluster, and we do not know this"
                " workshop as a member. The centre checks it."
            )
        case ApprovalReason.PREREQUISITE:
            return _(
                "Before this course comes %(courses)s, which is not completed with us."
                " If it was learned at work, write so below; the centre decides."
            ) % {"courses": _prerequisites(run)}


def need_words(
    run: CourseRun,
    reasons: Iterable[str],
    reader: Person | None,
    now: dt.datetime,
    *,
    is_for_line: bool,
) -> list[str]:
    """Why the staff decide about this booking; `reader` when it is their own."""
    words = [_need_word(run, reason, reader, now) for reason in reasons]
    if is_for_line:
        return [
            *words,
            _("It decides when you accept an offered place."),
            answer_rule(),
        ]
    return [*words, answer_words(now, run.offering.starts_at)]
