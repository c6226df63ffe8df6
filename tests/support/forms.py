"""Filling in a page's form as a browser without scripts does."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


class _Forms(HTMLParser):
    """Collects each form's action and the values it would send as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._is_inside = (given.get("method") or "").lower() == "post"
            if self._is_inside:
                self.forms.append((given.get("action") or "", {}))
        elif self._is_inside and tag == "input" and given.get("name"):
            is_choice = given.get("type") in ("radio", "checkbox")
            if not is_choice or "checked" in given:
                value = given.get("value") or ("on" if is_choice else "")
                self.forms[-1][1][given["name"] or ""] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False


def open_form(
    client: requests.Session, url: str, holding: str, *, sent_to: str = ""
) -> tuple[str, dict[str, str]]:
    """The address and hidden values of the form on a page that has a field `holding`.

    `sent_to` is a part of the address that the form is sent to, where a page has
    several. Raises AssertionError when the page has no such form.
    """
    page = client.get(url, timeout=60)
    parser = _Forms()
    parser.feed(page.text)
    for action, values in parser.forms:
        address = urljoin(page.url, action or page.url)
        if holding in values and sent_to in address:
            return address, values
    raise AssertionError(f"no form with {holding} on {page.url} ({page.status_code})")


def submit(
    client: requests.Session, form: tuple[str, dict[str, str]], **values: str
) -> requests.Response:
    """Send a form with these values added; redirects are followed."""
    action, hidden = form
    headers = {"Referer": action}
    return client.post(action, {**hidden, **values}, headers=headers, timeout=120)
