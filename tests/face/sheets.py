"""Whether the sheets of a page have the rules that its classes ask for."""

from __future__ import annotations

import re
from functools import lru_cache

from django.conf import settings
from lxml import html

from config.stylesheets import UNUSED

FOLDER = settings.BASE_DIR / "static" / "css"
# Each stands on those before it.
ORDER = ("site", "forms", "staff")
_CLASS = re.compile(r"\.([a-z][a-z0-9-]*)")
_LINKED = re.compile(r"/css/([a-z]+)\.")


def sheet(name: str) -> str:
    """The text of a sheet as the build made it."""
    return (FOLDER / f"{name}.css").read_text(encoding="utf-8")


def unstyled(page: html.HtmlElement) -> list[str]:
    """Classes on a page whose rules stand in a sheet that it does not name.

    Those too whose rules the build takes away, for no page has them.
    """
    used = {name for words in page.xpath("//@class") for name in words.split()}
    linked = page.xpath("//link[@rel='stylesheet']/@href")
    named = {found[1] for address in linked if (found := _LINKED.search(address))}
    if "site" not in named:
        # A page that leans on nothing, such as the one without a line.
        return []
    absent = set(UNUSED).union(*(_own(one) for one in ORDER if one not in named))
    return sorted(used & absent)


@lru_cache
def _own(name: str) -> frozenset[str]:
    """Classes that no sheet before this one has a rule for."""
    before = ORDER[: ORDER.index(name)]
    rules = re.sub(r"\{[^{}]*\}", " ", sheet(name))
    return frozenset(_CLASS.findall(rules)).difference(*(_own(one) for one in before))
