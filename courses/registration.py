"""What courses hand to the foundation, to booking and to the messages at start-up."""

from accounts import hooks
from booking import owners
from core.pages.stamps import register_stamped
from core.registry import register_audit, register_personal_data, register_tick
from courses import (
    audit,
    audit_history,
    invitations,
    kinds,
    reminders,
    sign_in,
)
from courses.models import ClassSession, Course, CourseRun
from courses.owner import OWNER
from courses.services import closing


def register() -> None:
    """Called once, at start-up."""
    owners.register(OWNER)
    kinds.register_all()
    hooks.register_after_sign_in(sign_in.take_up)
    hooks.register_naming_page("courses:book", "courses:wait")
    register_tick("courses.reminders", reminders.plan_reminders, every_seconds=300)
    register_tick("courses.names", reminders.remind_of_names, every_seconds=300)
    register_tick("courses.invitations", invitations.plan_invitations, every_seconds=60)
    register_tick("runs.close", closing.close_runs_over, every_seconds=3600)
    register_audit("runs closed", 17, audit.closed_runs_have_ends)
    register_audit("sessions claimed", 3, audit.sessions_have_their_claims)
    register_audit("enrolments told", 8, audit.changes_were_told)
    register_audit("session changes told", 8, audit.session_changes_were_told)
    register_audit("offers told", 8, audit_history.offers_were_told)
    register_audit("session news", 7, audit_history.no_stale_news_was_sent)
    register_audit("enrolment forms", 9, audit_history.forms_have_results)
    register_audit("session moves", 11, audit_history.changes_form_a_chain)
    register_audit("session versions", 11, audit.versions_match_history)
    register_audit("session times", 12, audit.times_match_walls)
    register_audit("run dates", 12, audit.runs_match_sessions)
    register_personal_data("courses.Attendance", ("reservation",), "who was there when")
    register_personal_data(
        "courses.CourseInterest", ("person",), "who wants to hear of a course"
    )
    register_stamped(Course)
    register_stamped(Course.prerequisites.through)
    register_stamped(CourseRun)
    register_stamped(CourseRun.instructors.through)
    register_stamped(ClassSession)
