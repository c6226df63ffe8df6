from __future__ import annotations

import datetime as dt

import pytest

from notifications import services
from notifications.delivery import claim, expire, prepare
from notifications.gateways.base import Outcome, SendResult
from notifications.models import OptOut, OutboxMessage, State
from notifications.optouts import opt_in, opt_out
from notifications.results import (
    MAX_ATTEMPTS,
    backoff,
    reconcile_leases,
    record,
)
from tests.factories import NOW
from tests.notifications.conftest import (
    HOUR,
    PHONE,
    Owner,
    enqueue,
    sent_sms,
    state_of,
)

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)
NIGHT = dt.datetime(2026, 11, 22, 19, 30, tzinfo=dt.UTC)  # 23:00 in Tehran
MORNING = dt.datetime(2026, 11, 23, 4, 30, tzinfo=dt.UTC)  # 08:00 in Tehran


def test_drain_sends_what_is_due(owner: Owner) -> None:
    message = enqueue()
    enqueue(dedupe_key="later", due_at=NOW + HOUR, expires_at=None)

    sent = services.drain(now=NOW)

    message.refresh_from_db()
    assert sent == 1
    assert message.state == State.ACCEPTED
    assert message.gateway == "file"
    assert message.sent_at is not None
    assert message.attempts == 1
    assert message.parts == 1
    assert message.text == "«الگوسازی» ثبت شد: kafsh.example/my"
    line = sent_sms()[0]
    assert line | {"at": ""} == {
        "to": PHONE,
        "text": message.text,
        "kind": "test_normal",
        "at": "",
        "dedupe_key": "test_normal:7:1",
    }


def test_drain_twice_sends_once(owner: Owner) -> None:
    enqueue()

    services.drain(now=NOW)
    services.drain(now=NOW + MINUTE)

    assert len(sent_sms()) == 1


def test_drain_sends_codes_first(owner: Owner) -> None:
    enqueue("test_reminder", dedupe_key="a", due_at=NOW - HOUR)
    enqueue("test_normal", dedupe_key="b", due_at=NOW - HOUR)
    enqueue("test_code", dedupe_key="c", sealed={"code": "482913"})

    services.drain(now=NOW)

    kinds = [sms["kind"] for sms in sent_sms()]
    assert kinds == ["test_code", "test_normal", "test_reminder"]


def test_drain_stops_at_its_limit(owner: Owner) -> None:
    for n in range(3):
        enqueue(dedupe_key=str(n))

    assert services.drain(now=NOW, limit=2) == 2


def test_text_is_rendered_with_the_values_of_the_moment(owner: Owner) -> None:
    enqueue()
    owner.values = {"course": "برش\u200cکاری  {course}"}

    services.drain(now=NOW)

    assert "«برش\u200cکاری {course}»" in sent_sms()[0]["text"]


def test_text_follows_the_language_of_the_recipient(owner: Owner) -> None:
    enqueue(language="en", dedupe_key="a", kind="test_code", sealed={"code": "482913"})
    enqueue(language="en", dedupe_key="b")

    services.drain(now=NOW)

    # The kind has no linked wording in English: the Persian one is sent.
    assert [sms["text"] for sms in sent_sms()] == [
        "Your code: 482913",
        "«الگوسازی» ثبت شد: kafsh.example/my",
    ]


def test_route_without_links_gets_the_wording_without(
    owner: Owner, settings: object
) -> None:
    settings.SMS_LINK_GATEWAYS = []  # type: ignore[attr-defined]
    enqueue()

    services.drain(now=NOW)

    assert sent_sms()[0]["text"] == "جای شما در «الگوسازی» ثبت شد."


def test_code_is_sent_but_nowhere_kept(owner: Owner) -> None:
    message = enqueue("test_code", sealed={"code": "482913"})

    services.drain(now=NOW)

    message.refresh_from_db()
    assert sent_sms()[0]["text"] == "کد ورود: 482913"
    assert message.text == ""
    assert message.variables is None


def test_code_whose_values_are_gone_fails(owner: Owner) -> None:
    message = enqueue("test_code")

    services.drain(now=NOW)

    assert state_of(message) == State.FAILED
    assert message.error_code == "LookupError"


@pytest.mark.parametrize("state", ["superseded", "cancelled", "expired"])
def test_owner_decides_at_the_last_moment(owner: Owner, state: str) -> None:
    message = enqueue()
    owner.unwanted = state

    services.drain(now=NOW)

    assert state_of(message) == state
    assert sent_sms() == []


def test_owner_who_fails_does_not_stop_the_others(owner: Owner) -> None:
    bad = enqueue("test_now", dedupe_key="a")
    good = enqueue("test_code", dedupe_key="b", sealed={"code": "1"})
    owner.values = {}

    services.drain(now=NOW)

    assert state_of(bad) == State.FAILED
    assert state_of(good) == State.ACCEPTED


def test_opt_out_suppresses_its_purpose_only(owner: Owner) -> None:
    opt_out(recipient=PHONE, purpose="reminder", now=NOW)
    reminder = enqueue("test_reminder", dedupe_key="a")
    booking = enqueue(dedupe_key="b")

    services.drain(now=NOW)

    assert state_of(reminder) == State.SUPPRESSED
    assert state_of(booking) == State.ACCEPTED


def test_opt_out_of_codes_is_ignored_and_opt_in_undoes(owner: Owner) -> None:
    opt_out(recipient=PHONE, purpose="code", now=NOW)
    opt_out(recipient=PHONE, purpose="news", now=NOW)
    opt_out(recipient=PHONE, purpose="news", now=NOW)
    assert OptOut.objects.count() == 1

    opt_in(recipient=PHONE, purpose="news")

    assert not OptOut.objects.exists()


def test_late_message_is_never_sent(owner: Owner) -> None:
    message = enqueue(expires_at=NOW + MINUTE)

    sent = services.drain(now=NOW + MINUTE)
    expired = expire(now=NOW + MINUTE)

    assert (sent, expired) == (0, 1)
    assert state_of(message) == State.EXPIRED


def test_message_that_expires_after_the_claim_is_not_sent(owner: Owner) -> None:
    message = enqueue(expires_at=NOW + MINUTE)
    claimed = claim(now=NOW)
    assert claimed is not None

    call = prepare(claimed, now=NOW + MINUTE)

    assert call is None
    assert state_of(message) == State.EXPIRED


def test_message_delayed_into_the_night_waits_for_the_morning(owner: Owner) -> None:
    message = enqueue(expires_at=MORNING + HOUR)

    services.drain(now=NIGHT)

    assert state_of(message) == State.PENDING
    assert message.due_at == message.next_attempt_at == MORNING
    assert message.attempts == 0
    assert services.drain(now=MORNING) == 1


def test_claim_is_exclusive(owner: Owner) -> None:
    enqueue()

    first, second = claim(now=NOW), claim(now=NOW)

    assert first is not None
    assert second is None


def test_dead_sender_before_the_call_is_replaced(owner: Owner) -> None:
    message = enqueue()
    claim(now=NOW)

    early = reconcile_leases(now=NOW + MINUTE / 2)
    late = reconcile_leases(now=NOW + 2 * MINUTE)
    services.drain(now=NOW + 2 * MINUTE)

    assert (early, late) == (0, 1)
    assert state_of(message) == State.ACCEPTED
    assert len(sent_sms()) == 1


def test_dead_sender_after_writing_the_file_is_recognised(owner: Owner) -> None:
    message = enqueue()
    claimed = claim(now=NOW)
    assert claimed is not None
    call = prepare(claimed, now=NOW)
    assert call is not None
    call.gateway.send(call.outgoing)

    reconcile_leases(now=NOW + 2 * MINUTE)
    services.drain(now=NOW + 10 * MINUTE)

    assert state_of(message) == State.ACCEPTED
    assert len(sent_sms()) == 1


def test_late_sender_does_not_send_what_was_taken_from_it(owner: Owner) -> None:
    enqueue()
    claimed = claim(now=NOW)
    assert claimed is not None
    reconcile_leases(now=NOW + 2 * MINUTE)

    call = prepare(claimed, now=NOW + 2 * MINUTE)

    assert call is None


def test_an_opt_out_is_kept_from_a_sender_that_lost_its_lease(owner: Owner) -> None:
    message = enqueue()
    claimed = claim(now=NOW)
    assert claimed is not None
    call = prepare(claimed, now=NOW)
    assert call is not None
    reconcile_leases(now=NOW + 2 * MINUTE)

    record(
        message_id=call.message_id,
        token=call.token,
        called_at=NOW,
        was_repeat=False,
        result=SendResult(Outcome.OPTED_OUT),
        now=NOW + 2 * MINUTE,
    )

    assert OptOut.objects.filter(recipient=message.recipient).exists()


def test_sender_that_always_dies_is_given_up(owner: Owner) -> None:
    message = enqueue(expires_at=None)
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        assert claim(now=now) is not None
        now += 2 * MINUTE
        reconcile_leases(now=now)

    assert state_of(message) == State.FAILED
    assert message.error_code == "sender_died"


def test_back_off_doubles_up_to_half_an_hour() -> None:
    waits = [
        backoff(OutboxMessage(attempts=n, urgency=3)).total_seconds()
        for n in (1, 2, 3, 12)
    ]

    for wait, expected in zip(waits, [30, 60, 120, 1800], strict=True):
        assert 0.8 * expected <= wait <= 1.2 * expected


def test_number_without_a_route_fails(owner: Owner, settings: object) -> None:
    settings.SMS_ROUTES = {"+98": "file"}  # type: ignore[attr-defined]
    message = enqueue(recipient="+4915550000001")

    services.drain(now=NOW)

    assert state_of(message) == State.FAILED
    assert message.error_code == "NoRoute"
