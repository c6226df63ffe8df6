"""Manners that every template and our own stylesheets keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Engine
from django.template.loader_tags import ExtendsNode

TEMPLATES = settings.BASE_DIR / "templates"
STYLES = settings.BASE_DIR / "styles"

# Included by others, sent by mail, or standing alone because all else may be broken.
_PARTS = (
    "admin/",
    "components/",
    "bootstrap5/",
    "allauth/",
    "notifications/email",
    "includes/",
)
_ALONE = {
    "base.html",
    "403.html",
    "403_csrf.html",
    "404.html",
    "500.html",
    "503.html",
    "desk/offline.html",
}
_PHYSICAL_CLASS = re.compile(
    r"\b(?:[mp][lr]-(?:\d|auto|n\d)|(?:float|text|border|rounded)-(?:left|right)"
    r"|(?:dropdown|drop)-?(?:left|right))\b"
)
_PHYSICAL_CSS = re.compile(
    r"(?:^|[;{\s])(?:(?:margin|padding|border)-(?:left|right|top|bottom)"
    r"|left|right|top|bottom|width|height|(?:min|max)-(?:width|height))\s*:"
    r"|text-align:\s*(?:left|right)|float:\s*(?:left|right)|letter-spacing|font-style:"
    r"\s*italic|text-align:\s*justify"
)
_MEDIA = re.compile(r"@media[^{]*\{")


def _names() -> list[str]:
    return sorted(
        str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")
    )


def _is_page(name: str) -> bool:
    is_part = name.startswith(_PARTS) or Path(name).name.startswith("_")
    return name not in _ALONE and not is_part


def _source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", _names())
def test_template_has_no_inline_style_or_script(name: str) -> None:
    source = _source(name)
    # A mail has no stylesheet to lean on.
    may_style = name.startswith("notifications/email")

    assert may_style or not re.search(r"<style\b|\sstyle\s*=", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", source)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", source)


@pytest.mark.parametrize("name", _names())
def test_template_uses_no_physical_class(name: str) -> None:
    assert not _PHYSICAL_CLASS.search(_source(name))


@pytest.mark.parametrize("name", [name for name in _names() if _is_page(name)])
def test_page_stands_on_the_base_page(name: str) -> None:
    assert _root(name) == "base.html"


@pytest.mark.parametrize("name", _names())
def test_template_names_no_other_host(name: str) -> None:
    addresses = re.findall(r"(?:src|href)=\"(?:https?:)?//([^/\"]+)", _source(name))

    assert set(addresses) <= {"nshn.ir", "balad.ir", "eitaa.com", "t.me", "wa.me"}


@pytest.mark.parametrize("path", sorted(STYLES.glob("*.scss")), ids=lambda p: p.name)
def test_stylesheet_is_logical(path: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)

    found = _PHYSICAL_CSS.findall(_MEDIA.sub("@media {", rules))

    assert not found


def _root(name: str) -> str:
    """The template at the end of the chain of `extends`."""
    while True:
        template = Engine.get_default().get_template(name)
        extends = [node for node in template.nodelist if isinstance(node, ExtendsNode)]
        if not extends:
            return name
        name = str(extends[0].parent_name).strip("\"'")
