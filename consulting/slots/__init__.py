"""Free slots: computed whenever they are asked for, never stored.

`engine` is pure arithmetic on bits, `caps` the limits of a day and a week, `queries`
and `loader` read the tables, `asked` is what pages and services ask for.
"""

from consulting.slots.asked import (
    Day,
    Week,
    days_with_free_slots,
    free_slots,
    nearest_slots,
    next_free_slot,
    slots_at,
    slots_once,
    spread_of,
)
from consulting.slots.caps import Caps, week_start
from consulting.slots.engine import (
    Clock,
    Hours,
    Slot,
    availability_of,
    bits,
    midnight,
)
from consulting.slots.loader import CENTRE_ZONE, SlotQuery, hours_of
from consulting.slots.queries import resources_for

__all__ = [
    "CENTRE_ZONE",
    "Caps",
    "Clock",
    "Day",
    "Hours",
    "Slot",
    "SlotQuery",
    "Week",
    "availability_of",
    "bits",
    "days_with_free_slots",
    "free_slots",
    "hours_of",
    "midnight",
    "nearest_slots",
    "next_free_slot",
    "resources_for",
    "slots_at",
    "slots_once",
    "spread_of",
    "week_start",
]
