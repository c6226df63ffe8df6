"""The style sheets of a page: inside it at a first visit, files of their own later."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from lxml import html

from core.pages.kept import shelf
from core.pages.sheets import COOKIE, carried_files

SIGN_IN = "/accounts/sign-in/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _inside(settings: Any) -> None:
    settings.SHEETS_INSIDE = True
    shelf.clear()


def _style(response: HttpResponse) -> html.HtmlElement | None:
    return html.fromstring(response.content.decode()).find(".//style")


def _linked(response: HttpResponse) -> list[str]:
    tree = html.fromstring(response.content.decode())
    return [str(link) for link in tree.xpath("//link[@rel='stylesheet']/@href")]


def _mark(client: Client) -> str:
    style = _style(client.get("/help/"))
    assert style is not None
    return style.get("data-sheets")


@pytest.mark.parametrize("path", ["/help/", SIGN_IN])
def test_first_visit_brings_its_sheets_and_its_policy_permits_just_them(
    client: Client, path: str
) -> None:
    response = client.get(path, follow=True)

    style = _style(response)
    assert style is not None
    assert _linked(response) == []
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    policy = dict(part.split(" ", 1) for part in _policy(response))
    assert policy["style-src"] == f"'self' 'sha256-{digest}'"
    assert "</" not in style.text
    # The mark of an encoding would be a letter of the first selector.
    assert "\ufeff" not in style.text


def _policy(response: HttpResponse) -> list[str]:
    parts = response["Content-Security-Policy"].split("; ")
    return [part for part in parts if " " in part]


def test_files_that_a_sheet_names_are_found_from_the_page(client: Client) -> None:
    style = _style(client.get("/help/"))
    assert style is not None

    named = re.findall(r'url\("?(?!data:)([^")]+)', style.text)

    assert named == ["/static/vendor/Vazirmatn-NL.woff2"]
    assert client.get(named[0]).status_code == 200


@pytest.mark.parametrize("language", ["fa", "en"])
def test_who_holds_the_sheets_gets_links(client: Client, language: str) -> None:
    client.cookies[COOKIE] = _mark(client)
    client.cookies["language"] = language

    response = client.get("/help/")

    assert _style(response) is None
    (link,) = _linked(response)
    assert link.removeprefix("/static/") in carried_files()
    assert (".rtl." in link) == (language == "fa")
    assert "sha256" not in response["Content-Security-Policy"]


def test_kept_page_comes_in_two_kinds_and_each_only_to_its_readers() -> None:
    holder = Client()
    holder.cookies[COOKIE] = _mark(holder)

    kinds = [
        (_style(Client().get("/help/")) is None, _style(holder.get("/help/")) is None)
        for _ in range(2)
    ]

    assert kinds == [(False, True), (False, True)]
    tag = Client().get("/help/")["ETag"]
    assert holder.get("/help/", headers={"if-none-match": tag}).status_code == 200
    assert Client().get("/help/", headers={"if-none-match": tag}).status_code == 304


def test_sheets_of_before_are_not_those_of_now(client: Client) -> None:
    client.cookies[COOKIE] = "0123456789abcdef"

    assert _style(client.get("/help/")) is not None


def test_form_page_brings_the_sheet_of_forms_along(client: Client) -> None:
    help_page = _style(client.get("/help/"))
    sign_in = _style(client.get(SIGN_IN, follow=True))

    assert help_page is not None
    assert sign_in is not None
    assert ".form-control{" not in help_page.text
    assert ".form-control{" in sign_in.text


def test_worker_keeps_what_a_page_carries(client: Client) -> None:
    worker = client.get("/sw.js").content.decode()

    assert [file for file in carried_files() if f"/static/{file}" not in worker] == []
