"""The site of the journeys: the demo centre with its worker and tick, never asleep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.site import Site

WAKING = {"DJANGO_SETTINGS_MODULE": "tests.support.waking_settings"}


@pytest.fixture
def start_centre(live_site: Callable[..., Site]) -> Callable[..., Site]:
    """A function that starts the demo centre; options as for `live_site`."""

    def start(env: dict[str, str] | None = None, **options: Any) -> Site:
        wanted = {"demo": True, "worker": True, "tick": True, "workers": 1, **options}
        return live_site(env={**WAKING, **(env or {})}, **wanted)

    return start


@pytest.fixture
def centre(start_centre: Callable[..., Site]) -> Site:
    """The demo centre as `make run` starts it."""
    return start_centre()
