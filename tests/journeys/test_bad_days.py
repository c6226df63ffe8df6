"""Parts are down, people are late or wrong, processes die: what the site does then."""

from __future__ import annotations

import datetime as dt
import re
import signal
import socket
from collections.abc import Callable, Iterator

import pytest
import requests
from django.utils.translation import gettext, override

from config.serve import free_port
from tests.journeys import steps
from tests.journeys.conftest import WAKING
from tests.support.fake_gateway import FakeGateway
from tests.support.fake_smtp import serve_smtp
from tests.support.forms import open_form, submit
from tests.support.site import Site

SiteFactory = Callable[..., Site]

DOOR, CODE = "/accounts/sign-in/", "/accounts/sign-in/code/"
PHONE = "+989993000071"
OTHERS = [f"+98999300008{number}" for number in range(4)]
TOLD = {"own_name": "زهرا کوک‌دوز", "who": "me", "no_firm": "on", "consent": "on"}
KEPT = f'value="{TOLD["own_name"]}"'


@pytest.fixture
def start(live_site: SiteFactory) -> SiteFactory:
    """Starts a site that is never asleep: `start(worker=True, SMS_TIMEOUT="5")`."""

    def start_awake(**options: object) -> Site:
        env = {name: str(options.pop(name)) for name in [*options] if name.isupper()}
        return live_site(env={**WAKING, **env}, workers=1, **options)

    return start_awake


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """The gateway's far end."""
    with FakeGateway() as fake:
        yield fake


def fa(sentence: str) -> str:
    """A sentence of the pages as the reader sees it."""
    with override("fa"):
        return gettext(sentence)


def run_code(site: Site, code: str, call: str) -> None:
    site.python(f"from tests.journeys.data import *; {call.format(code=repr(code))}")


def book(site: Site, client: requests.Session, code: str) -> requests.Response:
    form = open_form(client, f"{site.url}/runs/{code}/book/", holding="key")
    return submit(client, form, **TOLD)


def ask_for_code(site: Site, client: requests.Session, wish: str = "/") -> None:
    form = open_form(client, f"{site.url}{DOOR}?next={wish}", holding="phone")
    answer = submit(client, form, phone="۰۹۹۹ ۳۰۰ ۰۰۷۱")
    assert CODE in answer.url, answer.text


def type_code(
    site: Site, client: requests.Session, code: str, wish: str = "/"
) -> requests.Response:
    form = open_form(client, f"{site.url}{CODE}?next={wish}", holding="code")
    return submit(client, form, code=code)


def messages(site: Site, kind: str) -> list[tuple[str, str]]:
    """Recipient and state of the messages of a kind, oldest first.

    A tick may have asked already what became of one: delivered was accepted, too.
    """
    return site.sql(
        "SELECT recipient, CASE state WHEN 'delivered' THEN 'accepted' ELSE state END"
        " FROM notifications_outboxmessage"
        " WHERE kind = %s AND channel = 'sms' ORDER BY id",
        kind,
    )


def states(site: Site, phone: str) -> list[str]:
    """The states of what this number has booked."""
    rows = site.sql(
        "SELECT r.state FROM booking_reservation r"
        " JOIN booking_party p ON p.id = r.party_id"
        " JOIN accounts_user u ON u.id = p.booked_by_id"
        " WHERE u.phone = %s ORDER BY r.created_at",
        phone,
    )
    return [state for (state,) in rows]


def test_without_redis_a_new_person_signs_in_and_books(start: SiteFactory):
    site = start(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    run_code(site, "R-1", "plain_run({code})")
    client = requests.Session()

    wish = "/runs/R-1/book/"
    ask_for_code(site, client, wish)
    answer = type_code(site, client, steps.next_code(site, PHONE, 0), wish)
    assert wish in answer.url
    answer = book(site, client, "R-1")

    assert "/bookings/done/" in answer.url
    assert messages(site, "enrolment_confirmed") == [(PHONE, "pending")]
    site.manage("tick")
    assert messages(site, "enrolment_confirmed") == [(PHONE, "accepted")]
    site.manage("audit")


def kavenegar(url: str) -> dict[str, str]:
    return {
        "SMS_ROUTES": "*=kavenegar",
        "KAVENEGAR_BASE_URL": url,
        "KAVENEGAR_API_KEY": "key",
        "KAVENEGAR_SENDER": "10004000",
    }


def test_hanging_gateway_does_not_hold_up_a_booking(
    start: SiteFactory, gateway: FakeGateway
):
    gateway.mode = "hang"
    site = start(worker=True, **kavenegar(gateway.url))
    run_code(site, "R-1", "plain_run({code})")
    first, second = site.signed_in(OTHERS[:2])

    answers = [book(site, first, "R-1")]
    assert gateway.arrived.wait(30), site.log("worker")
    # The worker waits for the gateway now, and nobody else does.
    answers.append(book(site, second, "R-1"))

    assert ["/bookings/done/" in answer.url for answer in answers] == [True, True]
    assert not gateway.released.is_set()
    assert len(gateway.posts) == 1
    gateway.mode = "accept"
    gateway.released.set()
    steps.wait_until(lambda: messages(site, "enrolment_confirmed")[1][1] == "accepted")
    site.manage("audit")


def test_mail_server_that_is_down_delays_only_the_mail(start: SiteFactory):
    site = start(EMAIL_URL=f"smtp://127.0.0.1:{free_port()}")
    run_code(site, "R-1", f"plain_run({{code}}); enrol_earlier({{code}}, {PHONE!r})")
    site.sql("UPDATE accounts_person SET email = 'z@example.org'")
    (client,) = site.signed_in([PHONE])
    form = open_form(client, f"{site.url}/runs/R-1/book/", holding="key")
    other = {**TOLD, "who": "other", "name": "کریم", "phone": "09993000079"}
    assert "/bookings/done/" in submit(client, form, **other).url

    site.manage("drain")

    assert messages(site, "enrolment_confirmed")[-1] == (PHONE, "accepted")
    assert mails(site) == {"pending"}
    is_over(site)
    site.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{serve_smtp('ok')}"
    site.manage("drain")
    assert "accepted" in mails(site)


def mails(site: Site) -> set[str]:
    """The states of all mails."""
    rows = site.sql(
        "SELECT state FROM notifications_outboxmessage WHERE channel = 'email'"
    )
    return {state for (state,) in rows}


def is_over(site: Site) -> None:
    """Let the time pass that a sender has, and the pause before the next try."""
    past = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    for field, state in (("lease_until", "sending"), ("next_attempt_at", "pending")):
        site.sql(
            f"UPDATE notifications_outboxmessage SET {field} = %s WHERE state = %s",
            past,
            state,
        )


def test_wrong_code_is_said_and_the_third_one_needs_a_new_code(start: SiteFactory):
    site = start(worker=True)
    client = requests.Session()
    ask_for_code(site, client)
    right = steps.next_code(site, PHONE, 0)
    wrong = f"{(int(right) + 1) % 10**6:06}"

    pages = [type_code(site, client, wrong) for _ in range(3)]

    for page in pages[:2]:
        assert fa("This code is not right. Look at the newest SMS.") in page.text
        assert CODE in page.url
    assert DOOR in pages[2].url
    sentence = "The code was wrong three times. Ask for a new one."
    assert fa(sentence) in pages[2].text


def test_expired_code_is_said_at_the_door(start: SiteFactory):
    site = start(worker=True)
    client = requests.Session()
    ask_for_code(site, client)
    code = steps.next_code(site, PHONE, 0)
    form = open_form(client, f"{site.url}{CODE}", holding="code")
    site.python("from tests.journeys.data import *; age_sign_ins(11)")

    answer = submit(client, form, code=code)

    assert answer.url.split("?")[0].endswith(DOOR)
    assert fa("The code is too old. Ask for a new one.") in answer.text


def typed_form(site: Site, phone: str) -> tuple[requests.Session, tuple[str, dict]]:
    """Somebody has the booking form open and filled in, without a hold."""
    (client,) = site.signed_in([phone])
    return client, open_form(client, f"{site.url}/runs/R-1/book/", holding="key")


def test_run_that_closed_while_typing_says_so_and_keeps_what_was_typed(
    start: SiteFactory,
):
    site = start()
    run_code(site, "R-1", "plain_run({code})")
    client, form = typed_form(site, PHONE)
    site.sql(
        "UPDATE booking_offering SET closes_at = %s",
        dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1),
    )

    answer = submit(client, form, **TOLD)

    assert fa("This run can no longer be booked.") in answer.text
    assert KEPT in answer.text
    assert states(site, PHONE) == []


def test_run_that_filled_while_typing_offers_the_line_with_what_was_typed(
    start: SiteFactory,
):
    site = start()
    run_code(site, "R-1", "plain_run({code}, capacity=1)")
    client, form = typed_form(site, PHONE)
    (other,) = site.signed_in(OTHERS[:1])
    assert "/bookings/done/" in book(site, other, "R-1").url

    answer = submit(client, form, **TOLD)

    assert KEPT in answer.text
    assert re.search(r'formaction="/runs/R-1/wait/"', answer.text)
    answer = submit(client, (f"{site.url}/runs/R-1/wait/", form[1]), **TOLD)
    assert "/bookings/done/" in answer.url
    assert states(site, PHONE) == ["waiting"]
    site.manage("audit")


def first_slot(site: Site, client: requests.Session) -> str:
    page = client.get(f"{site.url}/consulting/fit/", timeout=30).text
    found = re.search(r'name="slot" value="(\w+)"', page)
    assert found, page
    return found[1]


def test_time_that_was_just_taken_is_said_with_the_nearest_ones(start: SiteFactory):
    site = start()
    run_code(site, "fit", "service_by_phone({code})")
    client, other = site.signed_in([PHONE, OTHERS[0]])
    slot = first_slot(site, client)
    address = f"{site.url}/consulting/fit/book/?mode=phone&at={slot}"
    form = open_form(client, address, holding="key")
    theirs = open_form(other, address, holding="key")
    assert "/consulting/done/" in submit(other, theirs, **TOLD).url

    answer = submit(client, form, **TOLD)

    assert "/consulting/done/" not in answer.url
    assert KEPT in answer.text
    others = re.findall(r'<input[^>]*name="at"[^>]*value="(\w+)"', answer.text)
    assert others, answer.text
    assert slot not in others
    answer = submit(client, form, at=others[0], **TOLD)
    assert "/consulting/done/" in answer.url
    assert states(site, PHONE) == ["confirmed"]
    site.manage("audit")


@pytest.mark.parametrize("had_it", [False, True])
def test_message_of_a_killed_worker_goes_exactly_once(
    start: SiteFactory, gateway: FakeGateway, had_it: bool
):
    """Killed before the gateway read the message, and after it had sent it."""
    silent = socket.create_server(("127.0.0.1", 0))
    dead_end = f"http://127.0.0.1:{silent.getsockname()[1]}"
    gateway.mode = "hang"
    first_stop = gateway.url if had_it else dead_end
    site = start(worker=True, **kavenegar(first_stop))
    run_code(site, "R-1", "plain_run({code})")
    (client,) = site.signed_in([PHONE])
    book(site, client, "R-1")
    steps.wait_until(
        lambda: messages(site, "enrolment_confirmed") == [(PHONE, "sending")]
    )
    if had_it:
        assert gateway.arrived.wait(30)
    else:
        silent.accept()[0].close()

    site.end("worker", signal.SIGKILL)
    gateway.mode = "accept"
    gateway.released.set()
    is_over(site)
    site.environment.update(kavenegar(gateway.url))
    site.start_worker()
    site.manage("tick")
    is_over(site)
    site.manage("drain")

    steps.wait_until(
        lambda: messages(site, "enrolment_confirmed") == [(PHONE, "accepted")]
    )
    assert [sent["receptor"] for sent in gateway.sent] == [PHONE]
    site.manage("audit")


def test_offer_that_nobody_answers_goes_to_the_next_one(start: SiteFactory):
    site = start(worker=True)
    run_code(site, "R-1", "plain_run({code}, capacity=1)")
    clients = site.signed_in(OTHERS[:3])
    assert "/bookings/done/" in book(site, clients[0], "R-1").url
    for client in clients[1:]:
        form = open_form(client, f"{site.url}/runs/R-1/wait/", holding="key")
        assert "/bookings/done/" in submit(client, form, **TOLD).url
    cancel_first(site, clients[0])
    site.wait_for_message(OTHERS[1], contains="/o/")
    site.sql(
        "UPDATE booking_offer SET expires_at = %s",
        dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1),
    )

    site.manage("tick")

    site.wait_for_message(OTHERS[2], contains="/o/")
    assert messages(site, "offer_expired")[0][0] == OTHERS[1]
    assert site.sql("SELECT state FROM booking_offer ORDER BY id") == [
        ("expired",),
        ("open",),
    ]
    site.manage("audit")


def cancel_first(site: Site, client: requests.Session) -> None:
    ((reference, pk),) = site.sql(
        "SELECT p.reference, r.id FROM booking_reservation r"
        " JOIN booking_party p ON p.id = r.party_id WHERE r.state = 'confirmed'"
    )
    address = f"{site.url}/bookings/{reference}/cancel/{pk}/"
    form = open_form(client, address, holding="csrfmiddlewaretoken")
    submit(client, (address, form[1]))


def test_reminder_goes_out_through_the_tick_once(start: SiteFactory):
    site = start(worker=True)
    run_code(
        site,
        "R-1",
        "plain_run({code}, starts_in=dt.timedelta(hours=23));"
        f"enrol_earlier({{code}}, {PHONE!r})",
    )

    site.manage("tick")

    told = site.wait_for_message(PHONE, contains="یادآوری")
    assert told["kind"] == "class_reminder"
    site.sql("DELETE FROM core_heartbeat")
    site.manage("tick")
    assert messages(site, "class_reminder") == [(PHONE, "accepted")]
    site.manage("audit")


def test_missing_page_and_broken_page_speak_both_languages(start: SiteFactory):
    site = start()
    missing = requests.get(f"{site.url}/no-such-page/", timeout=30)
    site.sql("ALTER TABLE courses_courserun RENAME TO gone")
    broken = requests.get(site.url, timeout=30)

    assert (missing.status_code, broken.status_code) == (404, 500)
    for page in (missing, broken):
        assert 'lang="fa" dir="rtl"' in page.text
        assert '<section lang="en" dir="ltr">' in page.text
        assert 'href="tel:' in page.text
    assert "پیدا نشد" in missing.text
    assert "اشکال از ماست" in broken.text
