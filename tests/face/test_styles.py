"""The style sheets that Sass and rtlcss make."""

from __future__ import annotations

import gzip
import re

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "static" / "css"
OWN = "/*!rtl:begin:ignore*/"
# All of Bootstrap alone has 31 KB by the same measure.
MOST_BYTES = 13_000


def _sheet(name: str) -> str:
    return (FOLDER / f"{name}.css").read_text(encoding="utf-8")


def test_only_the_parts_of_bootstrap_are_turned_for_persian() -> None:
    plain, turned = _sheet("site"), _sheet("site.rtl")
    own = plain.partition(OWN)[2].partition("/*!rtl:end")[0]

    assert len(own) > 10_000
    assert own in turned
    assert ".form-check{" in plain.partition(OWN)[0]
    assert "direction:rtl" not in turned


@pytest.mark.parametrize("name", ["site", "site.rtl"])
def test_sheet_is_small(name: str) -> None:
    assert len(gzip.compress(_sheet(name).encode())) < MOST_BYTES


@pytest.mark.parametrize("name", ["site", "site.rtl", "staff"])
def test_every_name_that_a_rule_asks_for_is_set(name: str) -> None:
    rules = _sheet("site") + _sheet(name)
    asked = set(re.findall(r"var\((--(?!bs-)[a-z-]+)\)", rules))

    assert asked
    assert {token for token in asked if f"{token}:" not in rules} == set()
