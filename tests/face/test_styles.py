"""The style sheets that Sass and rtlcss make."""

from __future__ import annotations

import gzip
import re

import pytest
from lxml import html

from config.stylesheets import without_unused
from tests.face.sheets import sheet, unstyled

OWN = "/*!rtl:begin:ignore*/"
# All of Bootstrap alone has 31 KB by the same measure.
MOST_BYTES = {"site": 8_500, "forms": 3_500, "staff": 4_000}


def test_only_the_parts_of_bootstrap_are_turned_for_persian() -> None:
    for name, part in (("site", ".btn{"), ("forms", ".form-check{")):
        plain, turned = sheet(name), sheet(f"{name}.rtl")
        own = plain.partition(OWN)[2].partition("/*!rtl:end")[0]

        assert len(own) > 3_000
        assert own in turned
        assert part in plain.partition(OWN)[0]
        assert "direction:rtl" not in turned


@pytest.mark.parametrize("name", MOST_BYTES)
def test_sheet_is_small(name: str) -> None:
    assert len(gzip.compress(sheet(name).encode())) < MOST_BYTES[name]


def test_page_without_a_sheet_that_it_needs_is_seen() -> None:
    source = "<link rel=stylesheet href=/static/css/site.rtl.css><p class='{}'>"

    assert unstyled(html.fromstring(source.format("sheet form-control"))) == [
        "form-control"
    ]
    assert unstyled(html.fromstring(source.format("table"))) == ["table"]
    assert unstyled(html.fromstring(source.format("btn btn-lg"))) == ["btn-lg"]
    assert unstyled(html.fromstring(source.format("btn"))) == []


def test_what_no_page_has_leaves_the_other_selectors_of_a_rule() -> None:
    text = "a{b:c}.btn-check+p,.btn:hover{d:e}.btn-lg{f:g}@media print{.btn-lg{h:i}}"

    assert without_unused(text) == "a{b:c}.btn:hover{d:e}@media print{}"


def test_staff_sheet_has_nothing_to_turn() -> None:
    assert not re.findall(r"(?:left|right)\b[^{};]*:", sheet("staff"))


@pytest.mark.parametrize("name", ["site", "site.rtl", "forms", "staff"])
def test_every_name_that_a_rule_asks_for_is_set(name: str) -> None:
    rules = sheet("site") + sheet(name)
    asked = set(re.findall(r"var\((--(?!bs-)[a-z-]+)\)", rules))

    assert asked
    assert {token for token in asked if f"{token}:" not in rules} == set()
