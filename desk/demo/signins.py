"""Who can sign in to the demo, and with what."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from unicodedata import combining, east_asian_width

from django.utils.translation import gettext as _

from accounts.models import Role
from desk.demo.fixture import Fixture
from desk.demo.people import password_of, totp_secret_of

SHOWN_APPLICANTS = 3


@dataclass(frozen=True)
class SignIn:
    """One line of the table; staff have a password and a secret, others a code."""

    role: str
    name: str
    mobile: str
    password: str = ""
    totp_secret: str = ""


def sign_ins(now: dt.datetime) -> list[SignIn]:
    """Staff first, then who teaches, then some applicants."""
    fixture = Fixture(now)
    staff = [
        SignIn(
            str(Role(row["role"]).label),
            row["name_fa"],
            row["mobile"],
            password_of(row["role"]),
            totp_secret_of(row["role"]),
        )
        for row in fixture.rows("staff")
    ]
    teachers = [
        SignIn(
            " + ".join(str(Role(role).label) for role in row["roles"]),
            row["name_en"],
            row["mobile"],
        )
        for row in fixture.rows("instructors")
    ]
    applicants = [
        SignIn(_("Applicant"), row["name_fa"], row["mobile"])
        for row in fixture.rows("people")[:SHOWN_APPLICANTS]
    ]
    return staff + teachers + applicants


def as_table(rows: list[tuple[str, ...]]) -> str:
    """Columns padded to their widest cell, for a terminal."""
    widths = [
        max(_width(cell) for cell in column) for column in zip(*rows, strict=True)
    ]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    """Columns on a terminal: joiners and marks take none."""
    return sum(
        0 if combining(c) or c == "\u200c" else 1 + (east_asian_width(c) in "FW")
        for c in text
    )
