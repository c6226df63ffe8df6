"""What courses do for the offerings that are runs."""

from __future__ import annotations

import datetime as dt

from booking.models import OfferingKind
from booking.owners import OfferingOwner
from courses import messages


def nothing_to_give_back(offering_id: int, now: dt.datetime) -> None:
    """A run keeps its times when nobody is enrolled any more."""


OWNER = OfferingOwner(
    kind=OfferingKind.COURSE_RUN, tell=messages.tell, emptied=nothing_to_give_back
)
