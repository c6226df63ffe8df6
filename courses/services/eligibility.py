"""Who may come to a run at once, who is refused, and about whom the staff decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.db import models
from django.utils.translation import gettext as _

from accounts.models import Gender, Person
from booking.models import ApprovalReason, ReservationState
from booking.services import no_shows
from booking.services.needs import Need
from courses.exceptions import CoursesError
from courses.models import Approval, Course, CourseRun


def require_audience(run: CourseRun, people: Sequence[Person | None]) -> None:
    """Refuse at once who cannot be among those that a run is for.

    A man in a run for women, and who has no workshop in a run for workshops of the
    cluster. Who is named later (None) is looked at then, and may be so only where staff
    decide about nobody. Raises CoursesError.
    """
    named = [person for person in people if person is not None]
    if run.approval != Approval.NONE and len(named) < len(people):
        raise CoursesError(
            _("This run needs approval, so write the name of everyone now."),
            code="names_needed",
        )
    if run.is_women_only and any(p.gender == Gender.MAN for p in named):
        raise CoursesError(_("This run is for women only."), code="women_only")
    if run.is_women_only and any(p.gender != Gender.WOMAN for p in named):
        raise CoursesError(
            _("This run is for women only. Please choose the gender."),
            code="gender_needed",
        )
    if run.is_for_cluster and any(p.firm is None for p in named):
        raise CoursesError(
            _("This run is for workshops of the cluster. Please write the workshop."),
            code="cluster_only",
        )


def missing_prerequisites(course: Course, person: Person | None) -> list[Course]:
    """Courses that come before this one and that the person has not completed here."""
    needed = course.prerequisites.order_by("code")
    if person is None:
        return list(needed)
    return list(needed.exclude(pk__in=completed_courses(person).values("pk")))


def completed_courses(person: Person) -> models.QuerySet[Course]:
    """Courses of which the person has completed a run."""
    return Course.objects.filter(
        runs__offering__reservations__person=person,
        runs__offering__reservations__state=ReservationState.COMPLETED,
    ).distinct()


def reasons_for(
    run: CourseRun, person: Person | None, now: dt.datetime
) -> tuple[str, ...]:
    """Why the staff decide about a person (ApprovalReason); empty when they need not.

    For somebody unknown (None): what holds for a person without any past.
    """
    reasons = [ApprovalReason.ALWAYS] if run.approval == Approval.ALWAYS else []
    if run.approval != Approval.NONE and missing_prerequisites(run.course, person):
        reasons.append(ApprovalReason.PREREQUISITE)
    if person is None:
        return tuple(reasons)
    firm = person.firm
    if run.is_for_cluster and firm is not None and not firm.is_cluster_member:
        reasons.append(ApprovalReason.CLUSTER)
    if no_shows.needs_approval(person, now):
        reasons.append(ApprovalReason.NO_SHOWS)
    return tuple(reasons)


def needs_of(
    run: CourseRun,
    people: Sequence[Person | None],
    now: dt.datetime,
    statements: Mapping[int, str] | None = None,
) -> dict[int, Need]:
    """Those about whom the staff decide, by their keys; `statements` likewise."""
    needs = {}
    for person in filter(None, people):
        if reasons := reasons_for(run, person, now):
            statement = (statements or {}).get(person.pk, "")
            needs[person.pk] = Need(reasons, statement)
    return needs


def require_no_need(
    run: CourseRun,
    person: Person,
    now: dt.datetime,
    *,
    decided: Collection[str] = (),
) -> None:
    """Nobody about whom staff decide comes on a place that is firm already.

    For naming a place, passing one on, and moving one; about reasons in `decided` staff
    have decided before. Raises CoursesError (code "needs_approval").
    """
    if not set(reasons_for(run, person, now)) <= set(decided):
        raise CoursesError(
            _(
                "The centre decides about this person first. Ask for a place of their"
                " own, or call us."
            ),
            code="needs_approval",
        )


def require_statements(needs: Mapping[int, Need]) -> None:
    """Who has not completed the prerequisite says what they know.

    Raises CoursesError (code "statement_needed").
    """
    for need in needs.values():
        if ApprovalReason.PREREQUISITE in need.reasons and not need.statement:
            raise CoursesError(
                _("Write where and how it was learned."), code="statement_needed"
            )
