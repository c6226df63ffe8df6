"""What this app hands to the foundation at start-up."""

from accounts import hooks
from core.registry import register_personal_data, register_tick
from desk import (
    announcing,
    checks,
    day_sheet,
    feeds,
    find_messages,
    reception,
    roles,
    site_audit,
    tasks,
)
from desk.exports import listing
from notifications.alarms import on_alarm
from notifications.questions import on_wish

DAY_SECONDS = 24 * 3600


def register() -> None:
    """Called once, at start-up."""
    checks.register()
    feeds.register_feeds()
    day_sheet.register()
    find_messages.register()
    listing.register()
    announcing.register()
    hooks.register_landing(roles.first_page)
    register_tick("desk.day_sheets", day_sheet.plan_day_sheets, every_seconds=300)
    on_alarm(tasks.open_alarm)
    on_wish(reception.receive_wish)
    register_tick("desk.tasks", tasks.close_lapsed, every_seconds=600)
    register_personal_data(
        "desk.StaffTask", ("phone", "text"), "to call back who could not be reached"
    )
    register_tick("audit", site_audit.audit_and_keep, every_seconds=DAY_SECONDS)
