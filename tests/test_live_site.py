"""The site as processes: it starts, answers, sends, survives, and leaves nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page

from tests.support.races import run_processes
from tests.support.site import CommandFailed, Site

SiteFactory = Callable[..., Site]


def get_status(url: str) -> int:
    return requests.get(url, timeout=30).status_code


def test_live_site_answers_on_a_database_of_its_own(live_site: SiteFactory):
    site, other = live_site(), live_site()

    site.python("from tests.factories import make_person; make_person(name='یک')")

    assert get_status(f"{site.url}/readyz") == 200
    assert site.sql("SELECT name FROM accounts_person WHERE name = %s", "یک")
    assert other.sql("SELECT count(*) FROM accounts_person") == [(0,)]


def test_live_site_command_that_fails_is_told(live_site: SiteFactory):
    site = live_site(workers=1)

    with pytest.raises(CommandFailed, match="no-such-command"):
        site.manage("no-such-command")


def test_live_site_signed_in_clients_are_known(live_site: SiteFactory):
    site = live_site(workers=1)

    (client,) = site.signed_in(["+989990000001"])

    answer = client.get(f"{site.url}/accounts/me/", allow_redirects=False, timeout=30)
    assert answer.status_code == 200 or "name" in answer.headers["Location"]


def test_run_processes_keeps_the_order_and_tells_errors(live_site: SiteFactory):
    site = live_site(workers=4)
    paths = ["/livez", "/no-such-page"] * 8

    got = run_processes(get_status, [site.url + path for path in paths])

    assert got == [200, 404] * 8
    with pytest.raises(AssertionError, match="ConnectionError"):
        run_processes(get_status, ["http://127.0.0.1:1/"])


def test_live_site_ends_with_all_its_processes(live_site: SiteFactory):
    site = live_site(worker=True, tick=True)
    groups = [child.process.pid for child in site.processes.values() if child.process]

    site.stop()

    until = time.monotonic() + 60
    while any(map(_is_there, groups)):
        assert time.monotonic() < until, "a process stayed"
        time.sleep(0.1)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_live_site_web_process_that_is_killed_is_replaced(live_site: SiteFactory):
    site = live_site(workers=2)
    master = site.processes["web"].process
    assert master is not None
    children = f"/proc/{master.pid}/task/{master.pid}/children"
    with open(children) as file:
        worker = int(file.read().split()[0])

    os.kill(worker, signal.SIGKILL)

    time.sleep(0.5)
    assert {get_status(f"{site.url}/livez") for _ in range(10)} == {200}


@pytest.mark.browser
def test_browser_shows_the_first_page_in_persian(
    live_site: SiteFactory, page: Page, screenshot: Callable[..., object]
):
    site = live_site(workers=1)

    page.goto(site.url)

    assert page.get_attribute("html", "dir") == "rtl"
    assert page.evaluate("document.fonts.check('16px Vazirmatn', 'کفش')")
    screenshot("empty-home")
