"""Plain makers of rows: `make_x(**overrides)`, nothing hidden, nothing random."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from accounts.models import Firm, Person, User
from booking.models import BlockKind, Offering, Resource, Room, TimeBlock
from booking.services.offerings import create_offering

# A Sunday morning in Hidaj (1 Azar 1405, 10:00), far from quiet hours.
NOW = dt.datetime(2026, 11, 22, 6, 30, tzinfo=dt.UTC)

_numbers = itertools.count(1)


def make_user(**overrides: Any) -> User:
    phone = overrides.pop("phone", f"+98999100{next(_numbers):04d}")
    return User.objects.create_user(phone, **overrides)


def make_person(**overrides: Any) -> Person:
    number = next(_numbers)
    fields = {"name": f"هنرجو {number}", "contact_phone": f"+98999200{number:04d}"}
    return Person.objects.create(**{**fields, **overrides})


def make_firm(**overrides: Any) -> Firm:
    fields = {"name": f"کارگاه {next(_numbers)}"}
    return Firm.objects.create(**{**fields, **overrides})


def make_offering(**overrides: Any) -> Offering:
    fields = {
        "kind": "course_run",
        "capacity": 2,
        "is_open": True,
        "starts_at": NOW + dt.timedelta(days=7),
    }
    return create_offering(**{**fields, **overrides})


def make_room(**overrides: Any) -> Room:
    fields = {"code": f"R{next(_numbers)}", "name_fa": "کارگاه", "capacity": 20}
    return Room.objects.create(**{**fields, **overrides})


def make_resource(**overrides: Any) -> Resource:
    fields = {"kind": "person"}
    if "kind" not in overrides:
        fields["person"] = make_person()
    return Resource.objects.create(**{**fields, **overrides})


def make_block(**overrides: Any) -> TimeBlock:
    starts_at = overrides.pop("starts_at", NOW + dt.timedelta(days=1))
    fields = {
        "kind": BlockKind.CLASS_SESSION,
        "starts_at": starts_at,
        "ends_at": starts_at + dt.timedelta(hours=1),
        "created_at": NOW,
    }
    return TimeBlock.objects.create(**{**fields, **overrides})
