"""Everybody in the demo: staff, teachers, makers and their workers."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass, field
from itertools import count, cycle

from accounts.models import Firm, Person, Role, TeachingProfile, User
from accounts.services import (
    activate_totp,
    create_staff,
    find_or_create_user,
    grant_role,
    mark_phone_verified,
    sign_up_person,
    update_profile,
)
from booking.services.resources import resource_of_person
from core.languages import Language
from desk.demo.fixture import Fixture, Row, both_languages, phone_of

FIRST_FURTHER_NUMBER = 1001
WOMEN, MEN = "f", "m"


@dataclass
class People:
    """Who was made, by the codes of the fixture."""

    staff: dict[str, User] = field(default_factory=dict)
    teachers: dict[str, Person] = field(default_factory=dict)
    named: dict[str, Person] = field(default_factory=dict)
    further: list[Person] = field(default_factory=list)


def password_of(role: str) -> str:
    """The fixed password of a demo role."""
    return f"hidaj-demo-{role}"


def totp_secret_of(role: str) -> str:
    """The fixed secret for an authenticator app of a demo role (base32)."""
    raw = hashlib.sha1(f"hidaj demo {role}".encode(), usedforsecurity=False)
    return base64.b32encode(raw.digest()).decode()


def make_people(fixture: Fixture, *, joined_at: dt.datetime) -> People:
    """Write all users, persons, firms and roles as of a past moment (aware)."""
    people = People()
    for row in fixture.rows("staff"):
        people.staff[row["role"]] = _make_staff(row, joined_at)
    for row in fixture.rows("instructors"):
        people.teachers[row["code"]] = _make_teacher(row, joined_at)
    firms = {row["code"]: _make_firm(row) for row in fixture.rows("firms")}
    for row in fixture.rows("people"):
        firm = firms.get(row["firm"])
        people.named[row["code"]] = _make_person(row, firm, joined_at)
    people.further = [
        _make_person(row, firm, joined_at)
        for row, firm in _further(fixture, list(firms.values()))
    ]
    return people


def _make_user(row: Row, joined_at: dt.datetime) -> User:
    user = find_or_create_user(phone=phone_of(row), now=joined_at)
    mark_phone_verified(user=user, now=joined_at)
    return user


def _make_staff(row: Row, joined_at: dt.datetime) -> User:
    role = row["role"]
    user, _random_secret = create_staff(
        phone=phone_of(row),
        name=row["name_fa"],
        role=role,
        password=password_of(role),
        now=joined_at,
    )
    mark_phone_verified(user=user, now=joined_at)
    activate_totp(user=user, secret=totp_secret_of(role))
    return user


def _make_teacher(row: Row, joined_at: dt.datetime) -> Person:
    person = _sign_up(row, joined_at)
    for role in row["roles"]:
        grant_role(user=user_of(person), role=role, now=joined_at)
    TeachingProfile.objects.create(
        person=person,
        teaches=Role.INSTRUCTOR in row["roles"],
        consults=Role.CONSULTANT in row["roles"],
        name_en=row["name_en"],
        specialities_fa=row["specialities_fa"],
        languages_fa=row["languages_fa"],
        **both_languages(row, "title", "bio"),
    )
    resource_of_person(person, now=joined_at)
    return person


def _sign_up(row: Row, joined_at: dt.datetime) -> Person:
    return sign_up_person(
        user=_make_user(row, joined_at),
        name=row["name_fa"],
        language=Language.PERSIAN,
        now=joined_at,
    )


def user_of(person: Person) -> User:
    """The sign-in of a person who has one; raises LookupError."""
    if person.user is None:
        raise LookupError("this person does not sign in")
    return person.user


def _make_firm(row: Row) -> Firm:
    return Firm.objects.create(
        name=row["name_fa"],
        size_class=row["size"],
        staff_count=row["staff"],
        product=row["product_fa"],
        is_cluster_member=row["cluster_member"],
        is_exporting=row["exports"],
        is_women_led=row.get("women_led", False),
    )


def _make_person(row: Row, firm: Firm | None, joined_at: dt.datetime) -> Person:
    person = _sign_up(row, joined_at)
    return update_profile(
        person=person,
        by=user_of(person),
        name=person.name,
        language=person.language,
        birth_year=row["birth_year"],
        gender=row["gender"],
        job=row["role_fa"],
        firm=firm,
        now=joined_at,
    )


def _further(fixture: Fixture, firms: list[Firm]) -> list[tuple[Row, Firm | None]]:
    """As many women and men as the runs need; every fourth has no workshop."""
    spec = fixture.section("further_people")
    numbers = count(FIRST_FURTHER_NUMBER)
    rows = []
    for gender in (WOMEN, MEN):
        last_names = cycle(spec[f"last_names_{gender}"])
        for first_name in spec[f"first_names_{gender}"]:
            number = next(numbers)
            row = {
                "name_fa": f"{first_name} {next(last_names)}",
                "mobile": f"0999000{number:04d}",
                "gender": gender,
                "birth_year": 1345 + number * 7 % 43,
                "role_fa": spec["jobs_fa"][number % len(spec["jobs_fa"])],
            }
            firm = firms[number % len(firms)] if number % 4 else None
            rows.append((row, firm))
    return rows
