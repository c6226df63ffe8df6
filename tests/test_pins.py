"""The pins serve every Python that may run the site, not only their maker's."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.site import BASE_DIR

# The oldest that is allowed, Debian 12's, and the newer lines.
PYTHONS = ("3.11.0", "3.11.2", "3.12.3", "3.13.5")


def pinned() -> set[str]:
    text = "".join(
        (BASE_DIR / name).read_text(encoding="utf-8")
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    return {canonicalize_name(n) for n in re.findall(r"^([\w.-]+)==", text, re.M)}


def needs(python: str) -> Iterator[tuple[str, str]]:
    """Each pinned package with what it asks for on that version of Python."""
    version = {
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "extra": "",
    }
    environment = {str(k): str(v) for k, v in default_environment().items()} | version
    for name in sorted(pinned()):
        for line in importlib.metadata.distribution(name).requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate(environment):
                yield name, canonicalize_name(needed.name)


@pytest.mark.parametrize("python", PYTHONS)
def test_pins_are_complete_for_every_python(python: str) -> None:
    asked = list(needs(python))

    assert len(asked) > len(pinned()) / 2
    assert [pair for pair in asked if pair[1] not in pinned()] == []
