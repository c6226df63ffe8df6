from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from booking import ledger
from booking.exceptions import BookingError, TimeTaken
from booking.ledger import Want
from booking.models import BusyCell, MachineKind, Resource, TimeBlock
from booking.services import resources
from core.audit import run_audit
from tests.factories import (
    NOW,
    make_block,
    make_person,
    make_resource,
    make_room,
    make_user,
)

pytestmark = pytest.mark.django_db

TOMORROW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
QUARTER = dt.timedelta(minutes=15)


def block_at(hour: float, hours: float = 1, **fields: object) -> TimeBlock:
    starts_at = TOMORROW + dt.timedelta(hours=hour - 10)
    return make_block(
        starts_at=starts_at, ends_at=starts_at + dt.timedelta(hours=hours), **fields
    )


def claim(resource: Resource, hour: float, **want: int) -> TimeBlock:
    block = block_at(hour)
    ledger.claim(block, [Want(resource.pk, **want)])
    return block


def cells_of(resource: Resource) -> int:
    return BusyCell.objects.filter(resource=resource).count()


def broken() -> set[str]:
    return {r.name for r in run_audit() if r.violations}


def test_cells_are_rounded_outward() -> None:
    start = TOMORROW + dt.timedelta(minutes=7)

    cells = ledger.cells_between(start, start + dt.timedelta(minutes=10))

    assert len(cells) == 2
    assert ledger.cell_start(cells[0]) == TOMORROW


def test_claim_refuses_an_overlap_and_names_the_next_free_time() -> None:
    resource = make_resource()
    first = claim(resource, 10)

    with pytest.raises(TimeTaken) as refusal, transaction.atomic():
        claim(resource, 10.5)

    assert refusal.value.block_id == first.pk
    assert refusal.value.next_free_at == TOMORROW + dt.timedelta(hours=1)
    assert str(resource) in str(refusal.value)
    assert cells_of(resource) == 4


def test_claims_that_touch_do_not_collide() -> None:
    resource = make_resource()

    claim(resource, 10)
    claim(resource, 11)

    assert cells_of(resource) == 8


def test_buffers_of_neighbours_add_up() -> None:
    resource = make_resource()
    claim(resource, 10, after_minutes=15)

    with pytest.raises(TimeTaken), transaction.atomic():
        claim(resource, 11.25, before_minutes=15)
    claim(resource, 11.5, before_minutes=15)

    assert broken() == set()


def test_database_refuses_a_cell_twice() -> None:
    resource = make_resource()
    block = claim(resource, 10)
    cell = BusyCell.objects.filter(claim__block=block).first()

    with pytest.raises(IntegrityError), transaction.atomic():
        BusyCell.objects.create(resource=resource, cell=cell.cell, claim=cell.claim)


def test_release_frees_the_time() -> None:
    resource = make_resource()
    block = claim(resource, 10)

    ledger.release(block, now=NOW)

    claim(resource, 10)
    assert cells_of(resource) == 4


def test_move_is_all_or_nothing() -> None:
    resource = make_resource()
    block, _other = claim(resource, 10), claim(resource, 12)

    with pytest.raises(TimeTaken), transaction.atomic():
        ledger.move(
            block,
            starts_at=TOMORROW + dt.timedelta(hours=2),
            ends_at=TOMORROW + dt.timedelta(hours=3),
            wants=[Want(resource.pk)],
            now=NOW,
        )
    block.refresh_from_db()
    ledger.move(
        block,
        starts_at=block.starts_at + 2 * QUARTER,
        ends_at=block.ends_at + 2 * QUARTER,
        wants=[Want(resource.pk)],
        now=NOW,
    )

    assert cells_of(resource) == 8
    assert broken() == set()


def test_leave_takes_what_is_free_and_inherits_the_rest() -> None:
    person, user = make_person(), make_user()
    resource = resources.resource_of_person(person, now=NOW)
    booked = claim(resource, 10)
    leave = resources.take_leave(
        person=person,
        starts_at=TOMORROW,
        ends_at=TOMORROW + dt.timedelta(hours=2),
        by=user,
        now=NOW,
    )
    assert cells_of(resource) == 8

    ledger.release(booked, now=NOW)

    assert BusyCell.objects.filter(claim__block=leave).count() == 8
    with pytest.raises(TimeTaken), transaction.atomic():
        claim(resource, 10)
    assert broken() == set()


def test_leave_ended_frees_its_own_cells_alone() -> None:
    person = make_person()
    resource = resources.resource_of_person(person, now=NOW)
    claim(resource, 10)
    leave = resources.take_leave(
        person=person,
        starts_at=TOMORROW,
        ends_at=TOMORROW + dt.timedelta(hours=2),
        by=make_user(),
        now=NOW,
    )

    resources.end_block(block_id=leave.pk, now=NOW)

    assert cells_of(resource) == 4
    assert broken() == set()


def test_leave_in_the_past_or_empty_is_refused() -> None:
    person, user = make_person(), make_user()
    hour = dt.timedelta(hours=1)

    for start, end in ((NOW - 2 * hour, NOW - hour), (NOW + hour, NOW + hour)):
        with pytest.raises(BookingError):
            resources.take_leave(
                person=person, starts_at=start, ends_at=end, by=user, now=NOW
            )


def test_closure_reaches_resources_made_later() -> None:
    resources.close_centre(
        starts_at=TOMORROW,
        ends_at=TOMORROW + dt.timedelta(hours=8),
        reason="برودت هوا",
        by=None,
        now=NOW,
    )

    late = resources.resource_of_room(make_room(), now=NOW)

    assert cells_of(late) == 32
    assert broken() == set()


def test_machines_are_taken_lowest_first() -> None:
    kind = MachineKind.objects.create(code="SKV", name_fa="لبه‌تراش")
    one, two = resources.provide_machines(kind, quantity=2, now=NOW)
    block = block_at(10)
    hour = (block.starts_at, block.ends_at)

    assert ledger.free_machines(kind, 1, *hour) == [one.pk]
    ledger.claim(block, [Want(one.pk)])

    assert ledger.free_machines(kind, 1, *hour) == [two.pk]
    with pytest.raises(BookingError):
        ledger.free_machines(kind, 2, *hour)


def test_sweep_keeps_the_interval() -> None:
    resource = make_resource()
    block = claim(resource, 10)

    swept = ledger.sweep_past(TOMORROW + dt.timedelta(days=3))

    assert swept == 4
    assert block.claims.get().ended_at is None


def test_audit_sees_a_missing_cell() -> None:
    now = dt.datetime.now(dt.UTC)
    resource = make_resource()
    block = make_block(starts_at=ledger.cell_start(ledger.cell_of(now) + 96))
    ledger.claim(block, [Want(resource.pk)])
    assert broken() == set()

    BusyCell.objects.filter(resource=resource).first().delete()

    assert broken() == {"cells"}


def test_times_off_the_quarter_are_refused() -> None:
    ledger.require_quarter(TOMORROW)

    with pytest.raises(BookingError):
        ledger.require_quarter(TOMORROW + dt.timedelta(minutes=5))
