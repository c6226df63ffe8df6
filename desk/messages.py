"""Messages as staff read them: no codes, no secret links, plain reasons."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import kinds
from notifications.models import OutboxMessage, State, Urgency
from persian.jalali import format_datetime
from persian.text import to_reader_digits

# A link that acts without a sign-in ends in 16 such characters (see core.links).
SECRET_PART = re.compile(r"(?<=/)[0-9a-hjkmnp-tv-z]{16,}(?=[/.\s]|$)")

KIND_NAMES = {
    "sign_in_code": gettext_lazy("Sign-in code"),
    "change_phone_code": gettext_lazy("Code for a new number"),
    "find_booking_code": gettext_lazy("Code to find a booking"),
    "phone_changed": gettext_lazy("Sign-in number changed"),
    "enrolment_confirmed": gettext_lazy("Enrolment confirmed"),
    "registered_by_other": gettext_lazy("Registered by another"),
    "enrolment_asked": gettext_lazy("Request received"),
    "enrolment_approved": gettext_lazy("Request approved"),
    "enrolment_refused": gettext_lazy("Request refused"),
    "enrolment_lapsed": gettext_lazy("Request without an answer"),
    "enrolment_no_show": gettext_lazy("Did not come to a course"),
    "enrolment_no_show_lifted": gettext_lazy("No-show does not count any more"),
    "enrolment_waitlisted": gettext_lazy("Put on the waiting list"),
    "place_offered": gettext_lazy("A place is offered"),
    "draw_applied": gettext_lazy("Applied for a draw"),
    "draw_won": gettext_lazy("Drawn for a place"),
    "draw_result": gettext_lazy("Result of a draw"),
    "offer_expired": gettext_lazy("Offer expired"),
    "left_waiting_list": gettext_lazy("Off the waiting list"),
    "enrolment_cancelled": gettext_lazy("Enrolment cancelled"),
    "enrolment_cancelled_by_centre": gettext_lazy("Enrolment cancelled by us"),
    "class_session_moved": gettext_lazy("Class session moved"),
    "class_session_cancelled": gettext_lazy("Class session cancelled"),
    "class_session_added": gettext_lazy("Class session added"),
    "class_session_invited": gettext_lazy("Calendar entry of a class"),
    "class_session_uninvited": gettext_lazy("Calendar entry of a class withdrawn"),
    "run_cancelled": gettext_lazy("Course run cancelled"),
    "run_message": gettext_lazy("Message of staff to a run"),
    "run_opened": gettext_lazy("Booking of a course is open"),
    "class_reminder": gettext_lazy("Reminder of a class"),
    "instructor_booking_notice": gettext_lazy("Notice to an instructor"),
    "instructor_day_sheet": gettext_lazy("Day's sheet of an instructor"),
    "teaching_changed": gettext_lazy("Change for an instructor"),
    "teaching_given": gettext_lazy("Class given to an instructor"),
    "teaching_taken": gettext_lazy("Class taken from an instructor"),
    "teaching_run_cancelled": gettext_lazy("Run cancelled, to its instructor"),
    "appointment_confirmed": gettext_lazy("Consultation confirmed"),
    "appointment_by_other": gettext_lazy("Consultation booked by another"),
    "appointment_asked": gettext_lazy("Request received"),
    "appointment_approved": gettext_lazy("Request approved"),
    "appointment_refused": gettext_lazy("Request refused"),
    "appointment_lapsed": gettext_lazy("Request without an answer"),
    "appointment_no_show": gettext_lazy("Did not come to a consultation"),
    "appointment_no_show_lifted": gettext_lazy("No-show does not count any more"),
    "appointment_moved": gettext_lazy("Consultation moved"),
    "appointment_cancelled": gettext_lazy("Consultation cancelled"),
    "appointment_cancelled_by_centre": gettext_lazy("Consultation cancelled by us"),
    "appointment_reminder": gettext_lazy("Reminder of a consultation"),
    "consultant_notice": gettext_lazy("Notice to a consultant"),
    "consultant_moved": gettext_lazy("Change for a consultant"),
    "party_confirmed": gettext_lazy("Several enrolments confirmed"),
    "party_enrolment_cancelled": gettext_lazy("Several enrolments cancelled"),
    "party_enrolment_cancelled_by_centre": gettext_lazy(
        "Several enrolments cancelled by us"
    ),
    "party_enrolment_waitlisted": gettext_lazy("Several put on the waiting list"),
    "party_left_waiting_list": gettext_lazy("Several off the waiting list"),
    "party_moved_to_run": gettext_lazy("Several moved to another run"),
    "party_offer_expired": gettext_lazy("Offer to several expired"),
    "party_run_cancelled": gettext_lazy("Course run cancelled, to several"),
    "moved_to_run": gettext_lazy("Moved to another run"),
    "names_needed": gettext_lazy("Names are needed"),
    "place_passed_on": gettext_lazy("Place given to another person"),
    "earlier_offer": gettext_lazy("An earlier time is offered"),
    "earlier_lapsed": gettext_lazy("Offer of an earlier time expired"),
    "learner_late": gettext_lazy("Somebody will be late, to an instructor"),
    "client_late": gettext_lazy("Somebody will be late, to a consultant"),
    "reply_comes": gettext_lazy("Answer: noted that they come"),
    "reply_excused": gettext_lazy("Answer: noted that they miss a class"),
    "reply_late": gettext_lazy("Answer: noted that they are late"),
    "reply_too_late": gettext_lazy("Answer: too late to cancel by SMS"),
    "reply_call": gettext_lazy("Answer: we will call"),
    "reply_stopped": gettext_lazy("Answer: reminders are off"),
    "reply_started": gettext_lazy("Answer: reminders are on"),
    "reply_which": gettext_lazy("Answer: which one is meant"),
    "consultant_relieved": gettext_lazy("Consultation given to another"),
}
RESENDABLE = (
    State.ACCEPTED,
    State.DELIVERED,
    State.UNDELIVERED,
    State.FAILED,
    State.UNKNOWN,
)
WHY_BY_STATE = {
    State.EXPIRED: gettext_lazy("Its time was over before it could be sent."),
    State.SUPPRESSED: gettext_lazy("The recipient does not want such messages."),
    State.SUPERSEDED: gettext_lazy("A newer message took its place."),
    State.CANCELLED: gettext_lazy("What it was about no longer holds."),
    State.UNDELIVERED: gettext_lazy("It was sent but did not reach the phone."),
    State.UNKNOWN: gettext_lazy(
        "The line broke while it was being sent; it may have arrived. Better call."
    ),
}
NO_TEXT = {"ObjectDoesNotExist", "LookupError", "KeyError", "AttributeError"} | {
    "TypeError",
    "ValueError",
}


@dataclass(frozen=True)
class MessageLine:
    """One row of the list."""

    message: OutboxMessage
    kind_name: str
    text: str
    is_hidden: bool
    why: str
    may_resend: bool


def kind_name(name: str) -> str:
    """The kind in words; its technical name where nobody gave it any."""
    return str(KIND_NAMES.get(name, name.replace("_", " ")))


def kind_choices() -> list[tuple[str, str]]:
    """Every registered kind, for a filter."""
    named = [(kind.name, kind_name(kind.name)) for kind in kinds.all_kinds()]
    return sorted(named, key=lambda pair: pair[1])


def lines_of(messages: Iterable[OutboxMessage], now: dt.datetime) -> list[MessageLine]:
    """Rows as staff read them, with the version of their text."""
    rows = list(messages)
    prefetch_related_objects(rows, "text_version")
    return [_line(message, now) for message in rows]


def _line(message: OutboxMessage, now: dt.datetime) -> MessageLine:
    is_code = message.urgency == Urgency.CODE
    return MessageLine(
        message=message,
        kind_name=kind_name(message.kind),
        text="" if is_code else SECRET_PART.sub("…", message.text),
        is_hidden=is_code,
        why=why_not_sent(message),
        may_resend=may_resend(message, now),
    )


def may_resend(message: OutboxMessage, now: dt.datetime) -> bool:
    """Whether «send again» makes sense; the service has the last word."""
    is_fresh = message.expires_at is None or message.expires_at > now
    is_code = message.urgency == Urgency.CODE
    return message.state in RESENDABLE and is_fresh and not is_code


def why_not_sent(message: OutboxMessage) -> str:
    """A sentence for whoever asks why this did not arrive; "" when it was sent."""
    if message.state == State.FAILED:
        return _why_failed(message.error_code)
    if message.state == State.PENDING and message.error_code:
        return _("Tried %(times)s times without success; next try %(when)s.") % {
            "times": to_reader_digits(str(message.attempts)),
            "when": format_datetime(message.next_attempt_at),
        }
    if message.state == State.PENDING:
        return _("Goes out on %(when)s.") % {"when": format_datetime(message.due_at)}
    return str(WHY_BY_STATE.get(State(message.state), ""))


def _why_failed(code: str) -> str:
    if code == "NoRoute":
        return _("No channel serves this number. Please call.")
    if code == "absent":
        return _("The sending service never got it. Please call.")
    if code in NO_TEXT or code.endswith("DoesNotExist"):
        return _("Its text could not be made. Please tell the administrator.")
    if "Timeout" in code or "Connection" in code:
        return _("The sending service could not be reached.")
    return _("The sending service refused it (code %(code)s). Please call.") % {
        "code": code
    }
