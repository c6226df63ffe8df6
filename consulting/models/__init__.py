"""Consulting services, when consultants can be met, and the meetings that came of it.

Free slots are never stored: `consulting.slots` computes them.
"""

from consulting.models.availability import (
    MIDNIGHT,
    AvailabilityOverride,
    ConsultantCaps,
    Weekday,
    WeeklyAvailability,
    WeeklyAvailabilityQuerySet,
)
from consulting.models.catalogue import (
    QUARTER,
    IntakeQuestion,
    Mode,
    Service,
    ServiceMachine,
    ServiceMode,
    ServiceQuerySet,
)
from consulting.models.earlier import (
    STANDING_WISH,
    EarlierChange,
    EarlierOffer,
    EarlierWish,
    EarlierWishQuerySet,
    WishState,
)
from consulting.models.meetings import (
    BOOKED_STATES,
    IntakeAnswer,
    Meeting,
    MeetingChange,
    MeetingQuerySet,
    offerings_of_expired_holds,
)

__all__ = [
    "BOOKED_STATES",
    "MIDNIGHT",
    "QUARTER",
    "STANDING_WISH",
    "AvailabilityOverride",
    "ConsultantCaps",
    "EarlierChange",
    "EarlierOffer",
    "EarlierWish",
    "EarlierWishQuerySet",
    "IntakeAnswer",
    "IntakeQuestion",
    "Meeting",
    "MeetingChange",
    "MeetingQuerySet",
    "Mode",
    "Service",
    "ServiceMachine",
    "ServiceMode",
    "ServiceQuerySet",
    "Weekday",
    "WeeklyAvailability",
    "WeeklyAvailabilityQuerySet",
    "WishState",
    "offerings_of_expired_holds",
]
