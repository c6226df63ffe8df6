"""What this app hands to the foundation at start-up."""

from __future__ import annotations

from core.health import register_check
from core.registry import register_audit, register_personal_data, register_tick
from notifications import (
    audit,
    audit_texts,
    checks,
    credit,
    inbox,
    ladder,
    refusals,
    reply_kinds,
    reports,
    upkeep,
)


def register() -> None:
    """Called once, at start-up."""
    checks.register()
    reply_kinds.register_kinds()
    register_tick("outbox.sweep", upkeep.sweep, every_seconds=30)
    register_tick("outbox.drain", upkeep.drain_in_tick, every_seconds=30)
    register_tick("outbox.reports", reports.ask_for_reports, every_seconds=30)
    register_tick("sms.ladder", ladder.climb, every_seconds=60)
    register_tick("sms.inbox", inbox.receive, every_seconds=60)
    register_tick("sms.refusals", refusals.look_at_refusals, every_seconds=3600)
    register_tick("sms.credit", credit.look_at_credit, every_seconds=1800)
    register_check("outbox", upkeep.outbox_is_well)
    register_audit("messages.sent_once", 7, audit.sent_twice)
    register_audit("messages.not_after_expiry", 7, audit.sent_too_late)
    register_audit("messages.opt_out", 7, audit.sent_against_opt_out)
    register_audit("messages.stuck", 7, audit.stuck_in_sending)
    register_audit("messages.blanked", 14, audit.readable_after_end)
    register_audit("texts.fit", 19, audit_texts.texts_that_break_a_rule)
    register_audit("texts.kept", 19, audit_texts.versions_out_of_order)
    register_personal_data(
        "notifications.OutboxMessage",
        ("recipient", "text", "variables"),
        "to tell people about their bookings and to show what was sent",
    )
    register_personal_data(
        "notifications.InboundMessage",
        ("sender", "text"),
        "to act upon what people answer by SMS",
    )
    register_personal_data(
        "notifications.OptOut", ("recipient",), "to respect that a person opted out"
    )
