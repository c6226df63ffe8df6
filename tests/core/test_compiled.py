from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from booking.models import Offering, Party, Reservation
from core.compiled import (
    KEY,
    MOMENT,
    TEXT,
    Given,
    GivenKeys,
    Insert,
    Select,
    Update,
)
from core.models import IdempotencyKey
from tests.factories import NOW, make_user

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
OPEN_PARTIES = Select(
    lambda: (
        Party.objects.select_related("offering", "booked_by")
        .filter(
            offering__in=Offering.objects.bookable(Given("now", MOMENT)),
            booked_by=Given("booker", KEY),
        )
        .order_by("pk")
    )
)
REFERENCES = Select(
    lambda: Party.objects.filter(reference=Given("reference", TEXT)).values_list(
        "pk", "created_at"
    )
)
OF_BOOKERS = Select(
    lambda: Party.objects.filter(booked_by__in=GivenKeys("bookers")).order_by("pk")
)
GROW = Update(
    lambda: Offering.objects.filter(
        pk=Given("offering", KEY), capacity__lt=Given("most", KEY)
    ),
    capacity=F("capacity") + Given("places", KEY),
)
NEW_PARTY = Insert(Party)


def make_offering(**fields) -> Offering:
    fields = {"kind": "course_run", "capacity": 3, "is_open": True, **fields}
    return Offering.objects.create(**fields)


def new_party(offering: Offering, reference: str = "AAAAAA") -> Party:
    return Party(
        offering=offering,
        booked_by=make_user(),
        reference=reference,
        created_at=NOW,
    )


def test_select_gives_instances_with_their_relations():
    offering = make_offering(opens_at=NOW)
    party = new_party(offering)
    NEW_PARTY([party])
    booker = party.booked_by_id

    (found,) = OPEN_PARTIES(now=NOW, booker=booker)
    assert (found, found.offering, found.booked_by) == (
        party,
        offering,
        party.booked_by,
    )
    assert OPEN_PARTIES(now=NOW - HOUR, booker=booker) == []
    assert OPEN_PARTIES(now=NOW, booker=0) == []
    with CaptureQueriesContext(connection) as captured:
        assert OPEN_PARTIES.get(now=NOW + HOUR, booker=booker).offering.capacity == 3
    assert len(captured) == 1
    with pytest.raises(Party.DoesNotExist):
        OPEN_PARTIES.get(now=NOW, booker=0)


def test_select_gives_values_as_python_has_them():
    party = new_party(make_offering(), "BBBBBB")
    NEW_PARTY([party])

    assert REFERENCES.first(reference="BBBBBB") == (party.pk, NOW)
    assert REFERENCES.first(reference="'; --") is None


def test_select_takes_any_number_of_keys():
    offering = make_offering()
    one, other = new_party(offering, "HHHHHH"), new_party(offering, "IIIIII")
    NEW_PARTY([one, other])
    bookers = [one.booked_by_id, other.booked_by_id, 0]

    assert OF_BOOKERS(bookers=bookers) == [one, other]
    assert OF_BOOKERS(bookers={other.booked_by_id}) == [other]
    assert OF_BOOKERS(bookers=[]) == []


def test_update_counts_the_rows_it_changed():
    offering = make_offering()

    assert GROW(offering=offering.pk, most=4, places=2) == 1
    assert GROW(offering=offering.pk, most=4, places=2) == 0
    offering.refresh_from_db()
    assert offering.capacity == 5


def test_insert_writes_what_bulk_create_writes():
    offering = make_offering()
    one, other = new_party(offering, "CCCCCC"), new_party(offering, "DDDDDD")
    NEW_PARTY([one])
    Party.objects.bulk_create([other])
    rows = [
        Reservation(
            party=party, offering=offering, state="held", created_at=NOW, changed_at=NOW
        )
        for party in (one, other)
    ]

    Insert(Reservation)(rows[:1])
    Reservation.objects.bulk_create(rows[1:])

    first, second = Reservation.objects.order_by("pk").values()
    assert first["uid"] != second["uid"]
    for row in (first, second):
        for differs in ("id", "uid", "party_id"):
            del row[differs]
    assert first == second
    assert rows[0].pk
    assert not rows[0]._state.adding


def test_insert_of_several_is_one_statement():
    offering = make_offering()
    rows = [new_party(offering, reference) for reference in ("EEEEEE", "FFFFFF")]

    with CaptureQueriesContext(connection) as captured:
        NEW_PARTY(rows)

    assert len([q for q in captured if "INSERT" in q["sql"]]) == 1
    assert all(row.pk for row in rows)


def test_insert_ignores_or_returns_the_row_that_is_there():
    keep = Insert(
        IdempotencyKey,
        update_conflicts=True,
        update_fields=["key"],
        unique_fields=["actor", "action", "key"],
    )
    ignore = Insert(IdempotencyKey, ignore_conflicts=True)

    def row(digest: str) -> IdempotencyKey:
        return IdempotencyKey(
            key=key, actor="a", action="b", digest=digest, result_id=7, created_at=NOW
        )

    key = uuid4()
    first, second, third = row("first"), row("second"), row("third")
    keep([first])
    keep([second])
    ignore([third])

    assert (second.pk, second.digest) == (first.pk, "first")
    assert IdempotencyKey.objects.get().digest == "first"


def test_insert_that_fails_spoils_its_transaction():
    offering = make_offering()
    NEW_PARTY([new_party(offering, "GGGGGG")])

    def twice() -> None:
        with transaction.atomic():
            with pytest.raises(IntegrityError):
                NEW_PARTY([new_party(offering, "GGGGGG")])
            Party.objects.count()

    with pytest.raises(transaction.TransactionManagementError):
        twice()
    assert Party.objects.count() == 1


def test_insert_refuses_a_relation_that_is_not_written():
    with pytest.raises(ValueError, match="unsaved related object"):
        NEW_PARTY([new_party(Offering(kind="course_run", capacity=1))])


def test_given_takes_the_field_that_it_names():
    assert isinstance(Given("x", KEY).output_field, models.BigIntegerField)


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite plans a statement in no time"
)
def test_postgres_plans_a_statement_once(monkeypatch):
    monkeypatch.setattr(connection.connection, "prepare_threshold", 5)
    for _ in range(6):
        REFERENCES.first(reference="HHHHHH")

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        statements = [statement for (statement,) in cursor.fetchall()]
    assert [s for s in statements if "booking_party" in s and "$1" in s]
