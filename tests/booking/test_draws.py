from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connections, transaction

from accounts.models import Person
from booking.exceptions import (
    AlreadyBooked,
    DrawAhead,
    DrawRefused,
    MoreThanCapacity,
    PlacesFree,
)
from booking.lottery import commitment_of, digest_of, faults_of, order_of
from booking.models import Draw, DrawPhase, Offering, WaitingEntry
from booking.owners import Event
from booking.services import draws, offerings, parties, waiting
from booking.services.draws import run_due_draws
from core.audit import run_audit
from tests.booking.conftest import Recorder
from tests.booking.test_parties import book, seats_of
from tests.booking.test_waiting import join
from tests.factories import NOW, make_offering, make_person, make_user

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
OPENS, CLOSES = NOW + HOUR, NOW + 25 * HOUR
DURING = NOW + 2 * HOUR


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_draw(**overrides: Any) -> Draw:
    offering = make_offering(**overrides)
    return draws.set_up_draw(
        offering_id=offering.pk, opens_at=OPENS, closes_at=CLOSES, by=None, now=NOW
    )


def apply(draw: Draw, *people: Person, now: dt.datetime = DURING) -> WaitingEntry:
    return draws.apply_for_draw(
        offering_id=draw.offering_id,
        booker=make_user(),
        people=list(people) or [make_person()],
        key=uuid4(),
        now=now,
    )


def broken(now: dt.datetime) -> dict[str, list[str]]:
    with time_machine.travel(now, tick=False):
        results = run_audit()
    return {
        r.name: r.violations
        for r in results
        if r.violations and (r.invariant <= 6 or r.invariant == 18)
    }


def numbers_in_line(draw: Draw) -> list[int | None]:
    entries = WaitingEntry.objects.filter(offering=draw.offering_id, rank__gt=0)
    return list(entries.order_by("rank").values_list("number", flat=True))


# -- The arithmetic ------------------------------------------------------------------


def test_order_agrees_with_an_independent_computation() -> None:
    seed, numbers = "5eed", [3, 1, 2, 10, 7]

    digest = digest_of(numbers)

    assert commitment_of(seed) == sha256("5eed")
    assert digest == sha256("1\n2\n3\n7\n10")
    hashes = {sha256(f"5eed:{digest}:{n}"): n for n in numbers}
    assert order_of(seed, digest, numbers) == [hashes[h] for h in sorted(hashes)]
    # Computed once with sha256sum and sort.
    assert order_of("abc", digest_of([1, 2, 3, 4]), [1, 2, 3, 4]) == [4, 3, 2, 1]


def test_every_kind_of_fault_is_named() -> None:
    digest = digest_of([1, 2, 3])
    order = order_of("s", digest, [1, 2, 3])
    right = {
        "commitment": commitment_of("s"),
        "seed": "s",
        "digest": digest,
        "order": order,
    }

    assert faults_of(**right) == []
    assert len(faults_of(**right | {"commitment": commitment_of("other")})) == 1
    assert len(faults_of(**right | {"order": order[::-1]})) == 1
    assert len(faults_of(**right | {"order": order[:2]})) == 1


# -- Before and during ---------------------------------------------------------------


def test_seed_is_committed_to_and_sealed_before_applications_open() -> None:
    draw = Draw.objects.get(pk=make_draw().pk)

    assert draw.commitment == sha256(draw.sealed_seed)
    assert draw.seed == ""
    with transaction.atomic(), pytest.raises(IntegrityError):
        Draw.objects.filter(pk=draw.pk).update(committed_at=OPENS + HOUR)
    assert [draw.phase(at) for at in (NOW, OPENS, CLOSES)] == [
        DrawPhase.ANNOUNCED,
        DrawPhase.OPEN,
        DrawPhase.CLOSED,
    ]
    assert broken(NOW) == {}


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "code"),
    [
        (NOW, CLOSES, "opens_at"),
        (OPENS, OPENS, "closes_at"),
        (OPENS, NOW + dt.timedelta(days=5, minutes=1), "closes_at"),
    ],
)
def test_window_is_checked(
    opens_at: dt.datetime, closes_at: dt.datetime, code: str
) -> None:
    with pytest.raises(DrawRefused) as refusal:
        draws.set_up_draw(
            offering_id=make_offering().pk,
            opens_at=opens_at,
            closes_at=closes_at,
            by=None,
            now=NOW,
        )

    assert refusal.value.code == code


def test_no_draw_where_somebody_has_a_place() -> None:
    offering = make_offering()
    book(offering)

    with pytest.raises(DrawRefused):
        draws.set_up_draw(
            offering_id=offering.pk, opens_at=OPENS, closes_at=CLOSES, by=None, now=NOW
        )


def test_nobody_takes_a_place_or_a_turn_before_the_draw() -> None:
    draw = make_draw()

    with pytest.raises(DrawAhead):
        book(draw.offering)
    with pytest.raises(DrawAhead):
        parties.hold_places(
            offering_id=draw.offering_id, booker=make_user(), now=DURING
        )
    with pytest.raises(DrawAhead):
        join(draw.offering)
    with pytest.raises(DrawAhead):
        parties.book(
            offering_id=draw.offering_id,
            booker=make_user(),
            people=[make_person()],
            key=uuid4(),
            now=DURING,
            by_centre=True,
        )
    with transaction.atomic(), pytest.raises(IntegrityError):
        Offering.objects.filter(pk=draw.offering_id).update(seats_taken=1)


def test_applications_have_numbers_and_take_no_place(recorder: Recorder) -> None:
    draw = make_draw()

    first, pair = apply(draw), apply(draw, make_person(), make_person())

    assert [first.state, first.number, pair.number] == ["applied", 1, 2]
    assert seats_of(draw.offering) == (0, 0)
    assert recorder.events_of(first.party.reservations.get()) == [Event.APPLIED]
    assert broken(DURING) == {}


def test_one_application_for_each_person() -> None:
    draw, person = make_draw(), make_person()
    apply(draw, person)

    with pytest.raises(AlreadyBooked):
        apply(draw, person)


def test_same_form_twice_is_one_application() -> None:
    draw, key, user, person = make_draw(), uuid4(), make_user(), make_person()
    form = {
        "offering_id": draw.offering_id,
        "booker": user,
        "people": [person],
        "key": key,
        "now": DURING,
    }

    assert draws.apply_for_draw(**form) == draws.apply_for_draw(**form)


def test_party_larger_than_the_run_is_refused() -> None:
    with pytest.raises(MoreThanCapacity):
        apply(make_draw(), make_person(), make_person(), make_person())


def test_applications_outside_the_window_are_refused() -> None:
    draw = make_draw()

    codes = []
    for moment in (NOW, CLOSES):
        with pytest.raises(DrawRefused) as refusal:
            apply(draw, now=moment)
        codes.append(refusal.value.code)

    assert codes == ["not_open", "draw_over"]


def test_window_changes_and_draw_is_called_off_only_before_applications() -> None:
    draw = make_draw()
    moved = draws.set_up_draw(
        offering_id=draw.offering_id,
        opens_at=OPENS,
        closes_at=CLOSES + HOUR,
        by=None,
        now=NOW,
    )
    assert (moved.pk, moved.commitment) == (draw.pk, draw.commitment)

    draws.call_off_draw(offering_id=draw.offering_id, now=NOW)
    draws.call_off_draw(offering_id=draw.offering_id, now=NOW)
    assert book(draw.offering).state == "confirmed"
    assert broken(NOW) == {}

    other = make_draw()
    apply(other)
    with pytest.raises(DrawRefused):
        draws.call_off_draw(offering_id=other.offering_id, now=DURING)


# -- The draw ------------------------------------------------------------------------


def test_draw_puts_everybody_in_the_order_of_the_seed(recorder: Recorder) -> None:
    draw = make_draw()
    entries = {e.number: e for e in (apply(draw) for _ in range(6))}

    assert run_due_draws(CLOSES - HOUR) == 0
    assert run_due_draws(CLOSES) == 1

    draw.refresh_from_db()
    assert sha256(draw.seed) == draw.commitment
    assert draw.list_digest == sha256("1\n2\n3\n4\n5\n6")
    assert draw.applications == 6
    key = {n: sha256(f"{draw.seed}:{draw.list_digest}:{n}") for n in entries}
    order = sorted(entries, key=key.__getitem__)
    assert numbers_in_line(draw) == order
    for place, number in enumerate(order):
        entry = entries[number]
        entry.refresh_from_db()
        assert entry.state == ("offered" if place < 2 else "waiting")
        told = recorder.events_of(entry.party.reservations.get())
        assert told == [Event.APPLIED, Event.OFFERED if place < 2 else Event.DRAWN]
    assert waiting.place_in_line(entries[order[2]]) == 1
    assert seats_of(draw.offering) == (2, 4)
    assert broken(CLOSES) == {}


def test_late_and_double_ticks_draw_once(recorder: Recorder) -> None:
    draw = make_draw()
    entry = apply(draw)
    late = CLOSES + 30 * HOUR

    assert [run_due_draws(late), run_due_draws(late)] == [1, 0]
    assert not draws.run_draw(offering_id=draw.offering_id, now=late)

    draw.refresh_from_db()
    assert draw.drawn_at == late
    assert recorder.events_of(entry.party.reservations.get()) == [
        Event.APPLIED,
        Event.OFFERED,
    ]
    assert broken(late) == {}


def test_withdrawn_application_is_not_in_the_list() -> None:
    draw = make_draw()
    kept, gone = apply(draw), apply(draw)

    waiting.leave_list(entry_id=gone.pk, by=None, now=DURING)
    again = apply(draw, gone.party.reservations.get().person)
    run_due_draws(CLOSES)

    draw.refresh_from_db(), gone.refresh_from_db()
    assert again.number == 3
    assert draw.list_digest == sha256(f"{kept.number}\n3")
    assert (gone.state, gone.rank) == ("left", 0)
    assert broken(CLOSES) == {}


def test_withdrawal_after_the_draw_keeps_it_verifiable() -> None:
    draw = make_draw(capacity=1)
    entries = [apply(draw) for _ in range(3)]
    run_due_draws(CLOSES)

    for entry in entries:
        waiting.leave_list(entry_id=entry.pk, by=None, now=CLOSES)

    assert seats_of(draw.offering) == (0, 0)
    assert broken(CLOSES) == {}


def test_party_is_drawn_together_and_later_joiners_stand_behind() -> None:
    draw = make_draw(capacity=2)
    pair = apply(draw, make_person(), make_person())
    others = [apply(draw) for _ in range(4)]
    run_due_draws(CLOSES)
    pair.refresh_from_db()

    late = join(draw.offering, now=CLOSES)

    assert late.rank == 6
    line = WaitingEntry.objects.filter(offering=draw.offering).in_line()
    assert list(line)[-1] == late
    places = {e.pk: len(e.party.reservations.all()) for e in [pair, *others]}
    assert places[pair.pk] == 2
    assert pair.rank in range(1, 6)
    assert broken(CLOSES) == {}


def test_places_that_nobody_was_drawn_for_are_free_for_all() -> None:
    draw = make_draw(capacity=2)
    apply(draw)

    run_due_draws(CLOSES)

    assert seats_of(draw.offering) == (1, 0)
    with pytest.raises(PlacesFree):
        join(draw.offering, now=CLOSES)
    parties.book(
        offering_id=draw.offering_id,
        booker=make_user(),
        people=[make_person()],
        key=uuid4(),
        now=CLOSES,
    )
    assert broken(CLOSES) == {}


def test_draw_without_applications_opens_the_booking() -> None:
    draw = make_draw()

    assert run_due_draws(CLOSES) == 1

    draw.refresh_from_db()
    assert (draw.applications, draw.list_digest) == (0, sha256(""))
    assert broken(CLOSES) == {}


def test_cancelled_offering_ends_the_applications(recorder: Recorder) -> None:
    draw = make_draw()
    entry = apply(draw)

    offerings.cancel_offering(
        offering_id=draw.offering_id, by=None, reason="به حد نصاب نرسید", now=DURING
    )

    entry.refresh_from_db()
    assert entry.state == "withdrawn"
    assert recorder.events_of(entry.party.reservations.get())[-1] == (
        Event.CANCELLED_BY_CENTRE
    )
    assert run_due_draws(CLOSES) == 0
    assert broken(CLOSES + HOUR) == {}


# -- Tampering is found --------------------------------------------------------------


def drawn() -> Draw:
    draw = make_draw()
    for _ in range(4):
        apply(draw)
    run_due_draws(CLOSES)
    draw.refresh_from_db()
    return draw


def test_audit_finds_an_exchanged_order() -> None:
    draw = drawn()
    first, second = WaitingEntry.objects.drawn().filter(offering=draw.offering)[2:4]
    for entry, rank in ((first, 9), (second, first.rank), (first, second.rank)):
        WaitingEntry.objects.filter(pk=entry.pk).update(rank=rank)

    assert any("does not follow" in line for line in broken(CLOSES)["draws"])


@pytest.mark.parametrize("field", ["seed", "list_digest", "commitment"])
def test_audit_finds_an_exchanged_promise(field: str) -> None:
    draw = drawn()
    Draw.objects.filter(pk=draw.pk).update(**{field: sha256("other")})

    assert "draws" in broken(CLOSES)


def test_audit_finds_a_slipped_in_application() -> None:
    draw = drawn()
    late = join(draw.offering, now=CLOSES)
    WaitingEntry.objects.filter(pk=late.pk).update(number=5)

    assert any("list of applications" in line for line in broken(CLOSES)["draws"])


def test_audit_finds_an_exchanged_seed_before_the_draw() -> None:
    draw = make_draw()
    draw.sealed_seed = "another"
    draw.save(update_fields=["sealed_seed"])

    assert "draws kept" in broken(NOW)


def test_audit_finds_an_overdue_draw_and_opened_places() -> None:
    draw = make_draw()

    assert broken(CLOSES + dt.timedelta(minutes=1)) == {}
    assert "draws kept" in broken(CLOSES + HOUR)
    Offering.objects.filter(pk=draw.offering_id).update(awaits_draw=False)
    assert "draws kept" in broken(NOW)


# -- Races ---------------------------------------------------------------------------


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Make all calls at the same moment, each in a thread with its own connection."""
    start = threading.Barrier(len(calls))

    def work(call: Callable[[], object]) -> object:
        start.wait()
        try:
            return call()
        except DrawRefused as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(work, calls))


@pytest.mark.django_db(transaction=True)
def test_applying_races_with_closing() -> None:
    draw = make_draw(capacity=3)
    for _ in range(3):
        apply(draw)
    # The requests came in time; they meet the draw on the way.
    in_time = CLOSES - dt.timedelta(seconds=1)
    forms = [
        partial(
            draws.apply_for_draw,
            offering_id=draw.offering_id,
            booker=make_user(),
            people=[make_person()],
            key=uuid4(),
            now=in_time,
        )
        for _ in range(6)
    ]
    ticks = [partial(run_due_draws, CLOSES) for _ in range(2)]

    answers = at_once([*forms[:3], *ticks, *forms[3:]])

    draw.refresh_from_db()
    assert sum(answer for answer in answers if isinstance(answer, int)) == 1
    applied = [a for a in answers if isinstance(a, WaitingEntry)]
    assert len(applied) + answers.count("draw_over") == 6
    assert draw.applications == 3 + len(applied)
    assert not WaitingEntry.objects.applied().exists()
    assert broken(CLOSES) == {}
