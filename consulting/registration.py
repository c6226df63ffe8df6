"""What consulting hands to the foundation, to booking and to messages at start-up."""

from accounts import hooks
from booking import ledger, owners
from consulting import (
    audit,
    audit_earlier,
    audit_history,
    decision_kinds,
    kinds,
    reminders,
    sign_in,
)
from consulting.models import Service, ServiceMode
from consulting.owner import OWNER, pass_on_freed
from consulting.services import endings
from consulting.services.earlier import wishes
from consulting.slots.queries import shared_resources
from core.pages.stamps import register_stamped
from core.registry import register_audit, register_personal_data, register_tick


def register() -> None:
    """Called once, at start-up."""
    owners.register(OWNER)
    owners.register_after_freeing(pass_on_freed)
    # A freed time may go to somebody who waits, with another consultant's hour freed.
    ledger.register_shared(shared_resources)
    kinds.register_all()
    decision_kinds.register_all()
    hooks.register_after_sign_in(sign_in.take_up)
    hooks.register_naming_page("consulting:book")
    register_tick("consulting.reminders", reminders.plan_reminders, every_seconds=300)
    register_tick("meetings.close", endings.complete_unmarked, every_seconds=3600)
    register_tick("consulting.earlier", wishes.tend, every_seconds=60)
    register_audit("meetings once", 2, audit.consultants_meet_once)
    register_audit("caps of consultants", 3, audit.caps_hold)
    register_audit("meetings claimed", 3, audit.meetings_have_their_claims)
    register_audit("meetings booked", 3, audit.meetings_live_while_booked)
    register_audit("earlier offers", 5, audit_earlier.earlier_offers_have_their_holds)
    register_audit("earlier history", 6, audit_earlier.earlier_changes_have_their_rows)
    register_audit("earlier offers told", 8, audit_earlier.earlier_offers_were_told)
    register_audit("appointments told", 8, audit.changes_were_told)
    register_audit("appointment news", 7, audit_history.no_stale_news_was_sent)
    register_audit("appointment forms", 9, audit_history.forms_have_results)
    register_audit("meeting moves", 11, audit_history.changes_form_a_chain)
    register_audit("meeting versions", 11, audit.versions_match_history)
    register_audit("meeting times", 12, audit.times_match_walls)
    register_personal_data(
        "consulting.IntakeAnswer", ("text",), "what the consultant needs to know"
    )
    register_personal_data(
        "consulting.Meeting", ("consultant",), "who advises whom and when"
    )
    register_stamped(Service)
    register_stamped(ServiceMode)
    register_stamped(Service.consultants.through)
