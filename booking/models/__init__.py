"""Places and times: what can be booked, who holds it, and what is taken when.

Seats are written only by `booking.seats`, cells only by `booking.ledger`; every
status change goes through `booking.states`.
"""

from booking.models.draws import (
    Draw,
    DrawPhase,
)
from booking.models.history import (
    StatusChange,
)
from booking.models.line import (
    OPEN_ENTRY,
    EntryState,
    Offer,
    OfferQuerySet,
    OfferState,
    WaitingEntry,
    WaitingEntryQuerySet,
)
from booking.models.no_shows import NoShowForgiven
from booking.models.offerings import Offering, OfferingKind, OfferingQuerySet
from booking.models.places import (
    GIVEN_BACK,
    LIVE,
    OVER,
    SEATED,
    STANDING,
    ApprovalReason,
    Party,
    PartyQuerySet,
    Reservation,
    ReservationQuerySet,
    ReservationState,
)
from booking.models.times import (
    STANDING_BLOCKS,
    BlockKind,
    BusyCell,
    Claim,
    MachineKind,
    Resource,
    ResourceKind,
    Room,
    TimeBlock,
    TimeBlockQuerySet,
)

__all__ = [
    "GIVEN_BACK",
    "LIVE",
    "OPEN_ENTRY",
    "OVER",
    "SEATED",
    "STANDING",
    "STANDING_BLOCKS",
    "ApprovalReason",
    "BlockKind",
    "BusyCell",
    "Claim",
    "Draw",
    "DrawPhase",
    "EntryState",
    "MachineKind",
    "NoShowForgiven",
    "Offer",
    "OfferQuerySet",
    "OfferState",
    "Offering",
    "OfferingKind",
    "OfferingQuerySet",
    "Party",
    "PartyQuerySet",
    "Reservation",
    "ReservationQuerySet",
    "ReservationState",
    "Resource",
    "ResourceKind",
    "Room",
    "StatusChange",
    "TimeBlock",
    "TimeBlockQuerySet",
    "WaitingEntry",
    "WaitingEntryQuerySet",
]
