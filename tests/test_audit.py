"""The audit finds each thing that must never be, by name; or the database refuses it.

Every check has a line in `BREAKS`, which breaks its rule behind the services' back, or
in `REFUSED`, where a constraint stands in the way on both databases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from booking.models import (
    BusyCell,
    Claim,
    Draw,
    NoShowForgiven,
    Offer,
    Offering,
    Party,
    Reservation,
    StatusChange,
    WaitingEntry,
)
from consulting.models import ConsultantCaps, EarlierOffer, EarlierWish, Meeting
from core.audit import run_audit
from core.models import IdempotencyKey
from core.registry import registry
from core.work_models import Work, WorkFile, WorkPiece
from courses.models import ClassSession, CourseRun
from notifications.models import OptOut, OutboxMessage, TextVersion
from tests.audit_world import HOUR, World, make_world

pytestmark = pytest.mark.django_db

DAY = 24 * HOUR
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "invariants.md"
Break = Callable[[World], object]


def broken() -> set[str]:
    return {result.name for result in run_audit() if result.violations}


def first_message(kind: str) -> OutboxMessage:
    return OutboxMessage.objects.filter(kind=kind).order_by("pk")[0]


def unsay(*kinds: str) -> Break:
    return lambda world: OutboxMessage.objects.filter(kind__in=kinds).delete()


def say_late(kind: str) -> Break:
    def late(world: World) -> None:
        message = first_message(kind)
        message.sent_at = message.created_at + 2 * DAY
        message.state, message.expires_at = "accepted", None
        message.save()

    return late


def forget_result(action: str) -> Break:
    keys = IdempotencyKey.objects
    return lambda world: keys.filter(action=action).update(result_id=10**9)


def claims_of(block_id: int):
    return Claim.objects.filter(block=block_id, ended_at=None)


def stretch_claim(world: World) -> None:
    """Let the time of one meeting reach into that of another one."""
    moved, other = (m.block_id for m in world.meetings[:2])
    first, second = sorted((claims_of(moved).get(), claims_of(other).get()), key=start)
    Claim.objects.filter(pk=first.pk).update(to_at=second.to_at)


def start(claim: Claim) -> dt.datetime:
    return claim.from_at


def stretch_meeting(world: World) -> None:
    first, second = sorted(world.meetings[:2], key=lambda m: m.starts_at)
    Meeting.objects.filter(pk=first.pk).update(ends_at=second.ends_at)


def pass_the_line(world: World) -> None:
    """As if the confirmed place had been taken while two parties waited."""
    history = StatusChange.objects.filter(reservation=world.confirmed, from_state="")
    history.update(at=world.now + 4 * HOUR)


def swap_turns(world: World) -> None:
    turn = StatusChange.objects.filter(entry=world.offered, to_state="offered")
    turn.update(entry=world.waits)


def drop_history(world: World) -> None:
    StatusChange.objects.filter(reservation=world.cancelled, from_state="").delete()


def offering(world: World):
    return Offering.objects.filter(pk=world.run.offering_id)


def sent():
    return OutboxMessage.objects.filter(state="accepted")


def confirmed(world: World):
    return Reservation.objects.filter(pk=world.confirmed.pk)


def decide_late(world: World) -> None:
    confirmed(world).update(approval_until=world.now)
    StatusChange.objects.filter(reservation=world.confirmed).update(
        from_state="pending", at=world.now + HOUR
    )


def refuse_reminders(world: World) -> None:
    message = first_message("enrolment_confirmed")
    OptOut.objects.create(
        recipient=message.recipient,
        purpose="transactional",
        created_at=message.sent_at - DAY,
    )


def write_text(number: int, sms: str = "{centre}") -> TextVersion:
    return TextVersion.objects.create(
        kind="class_reminder",
        language="fa",
        number=number,
        sms=sms,
        written_by=User.objects.order_by("pk")[0],
        written_at=timezone.now(),
    )


def session(world: World):
    return ClassSession.objects.filter(pk=world.session.pk)


def meeting(world: World):
    return Meeting.objects.filter(pk=world.meetings[0].pk)


def drawn(world: World):
    return Draw.objects.filter(pk=world.draw.pk)


def wish_for_earlier(world: World) -> EarlierOffer:
    """A wish with an offer behind the services' back: nothing else was written."""
    appointment = world.appointments[1]
    wish = EarlierWish.objects.create(
        service=world.service,
        mode="phone",
        person=appointment.person,
        asked_by=appointment.party.booked_by,
        state="offered",
        asked_at=world.now,
        ends_at=world.now + 5 * DAY,
    )
    return EarlierOffer.objects.create(
        wish=wish,
        party=appointment.party,
        starts_at=world.now + 4 * DAY,
        link_digest="0" * 64,
        made_at=world.now,
        expires_at=world.now + HOUR,
    )


def lose_stamp_trigger() -> None:
    """As when SQLite rebuilds a table."""
    # What waits for the commit stands in the way on PostgreSQL.
    connection.check_constraints()
    tail = " ON courses_course" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER page_stamp_courses_course_update{tail}")


def done_work(now: dt.datetime) -> Work:
    """A long work of the past."""
    return Work.objects.create(
        kind="bookings_list",
        actor=1,
        language="fa",
        state="done",
        total=0,
        created_at=now,
        ended_at=now,
    )


def leave_piece(world: World) -> None:
    WorkPiece.objects.create(work=done_work(world.now), number=1, content=[])


BREAKS: dict[str, Break] = {
    # 1: places
    "seats": lambda w: offering(w).update(seats_taken=1),
    "parties": lambda w: Party.objects.filter(pk=w.hold.pk).update(size=2),
    "holds end": lambda w: Party.objects.filter(pk=w.hold.pk).update(held_until=None),
    # 2 and 3: persons and times
    "meetings once": stretch_meeting,
    "intervals": stretch_claim,
    "cells": lambda w: BusyCell.objects.order_by("-cell")[0].delete(),
    "sessions claimed": lambda w: claims_of(w.session.block_id).update(ended_at=w.now),
    "meetings claimed": lambda w: claims_of(w.meetings[0].block_id).update(
        ended_at=w.now
    ),
    "caps of consultants": lambda w: ConsultantCaps.objects.create(
        person=w.meetings[1].consultant, per_week=1, changed_at=w.now - DAY
    ),
    "meetings booked": lambda w: meeting(w).update(cancelled_at=w.now),
    # 4 and 5: the line
    "list served": lambda w: offering(w).update(capacity=3),
    "list counted": lambda w: offering(w).update(waiting_parties=2),
    "line not passed": pass_the_line,
    "offers": lambda w: WaitingEntry.objects.filter(pk=w.offered.pk).update(
        state="waiting"
    ),
    "offers expired": lambda w: Offer.objects.filter(pk=w.taken.pk).update(
        ended_at=F("expires_at")
    ),
    "offers in order": swap_turns,
    "offers ended": lambda w: WaitingEntry.objects.filter(pk=w.taken.entry_id).update(
        state="declined"
    ),
    # 6: history
    "history": drop_history,
    "transfers": lambda w: confirmed(w).update(state="transferred"),
    # 7: messages
    "messages.sent_once": lambda w: sent().update(gateway_id="1"),
    "messages.not_after_expiry": lambda w: sent().update(expires_at=F("sent_at")),
    "messages.opt_out": refuse_reminders,
    "messages.stuck": lambda w: sent().update(
        state="sending", lease_until=w.now, sent_at=None
    ),
    "session news": say_late("class_session_moved"),
    "appointment news": say_late("appointment_confirmed"),
    # 21: long work
    "work whole": leave_piece,
    "work swept": lambda w: WorkFile.objects.create(
        work=done_work(w.now), name="a", content=b"", created_at=w.now - 30 * DAY
    ),
    # 19: texts
    "texts.fit": lambda w: write_text(1, sms="{nobody}"),
    "texts.kept": lambda w: write_text(2, sms="{course}: {day}, {time}\n{centre}"),
    # 8: who must hear
    "enrolments told": unsay("enrolment_confirmed"),
    "offers told": unsay("place_offered"),
    "session changes told": unsay("class_session_moved"),
    "appointments told": unsay("appointment_moved"),
    # 9: answers
    "forms answered": lambda w: IdempotencyKey.objects.update(result_id=None),
    "forms": forget_result("book"),
    "enrolment forms": forget_result("apply"),
    "appointment forms": forget_result("book_appointment"),
    # 11: versions
    "versions": lambda w: Reservation.objects.filter(pk=w.cancelled.pk).update(
        version=0
    ),
    "session versions": lambda w: session(w).update(schedule_version=5),
    "session moves": lambda w: session(w).update(starts_at=F("starts_at") - HOUR),
    "meeting versions": lambda w: meeting(w).update(schedule_version=5),
    "meeting moves": lambda w: meeting(w).update(starts_at=F("starts_at") - HOUR),
    # 12: wall times
    "session times": lambda w: session(w).update(wall_start=dt.time(7)),
    "meeting times": lambda w: meeting(w).update(wall_start=dt.time(7)),
    "run dates": lambda w: CourseRun.objects.filter(pk=w.run.pk).update(
        last_session_at=F("last_session_at") + HOUR
    ),
    # 16 and 17: decisions and ends
    "requests in time": lambda w: confirmed(w).update(
        state="pending", approval_until=w.run.first_session_at + HOUR
    ),
    "decisions in time": decide_late,
    "approvals": lambda w: confirmed(w).update(approval_for="no_shows"),
    "ends": lambda w: confirmed(w).update(state="completed"),
    "forgiven": lambda w: NoShowForgiven.objects.create(
        reservation=w.confirmed, at=w.now, by=w.hold.booked_by, reason="بیماری"
    ),
    "runs closed": lambda w: CourseRun.objects.filter(pk=w.run.pk).update(
        closed_at=F("last_session_at") + DAY
    ),
    # Waiting for an earlier time, by 5, 6 and 8
    "earlier offers": lambda w: EarlierWish.objects.filter(
        offers=wish_for_earlier(w)
    ).update(state="waiting"),
    "earlier history": wish_for_earlier,
    "earlier offers told": wish_for_earlier,
    # 18: draws
    "draws": lambda w: drawn(w).update(commitment="0" * 64),
    "draws kept": lambda w: Offering.objects.filter(pk=w.draw.offering_id).update(
        awaits_draw=True, seats_taken=0, waiting_parties=0
    ),
    # 20: pages
    "page stamps": lambda w: lose_stamp_trigger(),
}


def take_place_before_draw(world: World) -> None:
    offering(world).update(awaits_draw=True)


def rank_twice(world: World) -> None:
    WaitingEntry.objects.filter(offering=world.draw.offering_id, rank=2).update(rank=1)


def stand_twice(world: World) -> None:
    Reservation.objects.filter(party=world.waits.party_id).update(
        person=world.confirmed.person
    )


def hand_turn_on(world: World) -> None:
    Reservation.objects.filter(party=world.waits.party_id).update(
        previous=world.cancelled
    )


def take_cell_twice(world: World) -> None:
    cell = BusyCell.objects.all()[0]
    BusyCell.objects.create(resource=cell.resource, cell=cell.cell, claim=cell.claim)


def offer_twice(world: World) -> None:
    offer = Offer.objects.get(entry=world.offered)
    offer.pk, offer.link_digest = None, None
    offer.save()


def write_twice(world: World) -> None:
    message = OutboxMessage.objects.all()[0]
    message.pk, message.local_id = None, 1
    message.save()


def lose_subject(world: World) -> None:
    StatusChange.objects.update(reservation=None, entry=None, offer=None)


def delete_reservation(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM booking_reservation WHERE id = %s", [world.confirmed.pk]
        )
    # SQLite looks at references when the transaction ends.
    connection.check_constraints()


def one_uid_for_all(world: World) -> None:
    Reservation.objects.update(uid=world.confirmed.uid)


# By the check that would find it, or the rule that has no check because of it.
REFUSED: dict[str, Break] = {
    "standing once": stand_twice,
    "messages.blanked": lambda w: sent().update(variables='"000000"'),
    "1 oversold": lambda w: offering(w).update(seats_taken=F("capacity") + 1),
    "1 undersold": lambda w: offering(w).update(seats_taken=-1),
    "3 a cell taken twice": take_cell_twice,
    "4 a turn that somebody else got": hand_turn_on,
    "5 two offers to one": offer_twice,
    "6 a change of nothing": lose_subject,
    "6 a place deleted": delete_reservation,
    "7 one key, two messages": write_twice,
    "11 one UID for two": one_uid_for_all,
    "16 a request without a deadline": lambda w: confirmed(w).update(state="pending"),
    "17 a run closed before its end": lambda w: CourseRun.objects.filter(
        pk=w.run.pk
    ).update(closed_at=w.now),
    "19 one number, two versions": lambda w: [write_text(1), write_text(1)],
    "19 a version that changes": lambda w: [
        write_text(1),
        TextVersion.objects.update(sms="{course}"),
    ],
    "18 places taken before a draw": take_place_before_draw,
    "18 two of one rank": rank_twice,
    "18 a result without its seed": lambda w: drawn(w).update(seed=""),
}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world of all these tests; what one of them breaks is whole again after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


def test_everything_that_happens_is_in_order(world: World) -> None:
    assert [(r.name, r.violations) for r in run_audit() if r.violations] == []


@pytest.mark.parametrize("name", BREAKS)
def test_broken_rule_is_reported_by_name(world: World, name: str) -> None:
    BREAKS[name](world)

    assert name in broken()


@pytest.mark.parametrize("name", REFUSED)
def test_database_refuses(world: World, name: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        REFUSED[name](world)


def test_every_check_is_shown_to_find_something() -> None:
    assert set(registry.audit_checks) == {
        name for name in {*BREAKS, *REFUSED} if not name[0].isdigit()
    }


def test_who_stands_twice_is_found_where_the_index_is_gone(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX reservation_person_stands_once")

    stand_twice(world)

    assert "standing once" in broken()


def test_every_check_is_named_in_the_document() -> None:
    text = DOCUMENT.read_text()
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
    named = {row[1].strip(): row[4] for row in rows}

    missing = [
        (check.invariant, check.name)
        for check in registry.audit_checks.values()
        if f"*{check.name}*" not in named[str(check.invariant)]
    ]

    assert missing == []


def test_command_names_what_is_broken_and_fails(world: World) -> None:
    out = StringIO()
    call_command("audit", stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == len(registry.audit_checks)
    assert all(line.endswith(": ok") for line in lines)
    offering(world).update(seats_taken=1)

    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit", stdout=out)

    assert ended.value.code == 1
    assert " 1 seats: BROKEN 1" in out.getvalue()
    assert f"offering {world.run.offering_id}: taken 1 of 2" in out.getvalue()
