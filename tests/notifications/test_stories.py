"""Random stories of messages, with gateways that misbehave and workers that die.

`HIDAJ_NIGHT=1` tells many more. A story that fails is not made shorter, which would
take minutes: the steps that led to it are printed.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from notifications.gateways import routing
from tests.stories.far_end import gateways
from tests.stories.news import NewsStory
from tests.stories.news_base import make_news_world

IS_NIGHT = bool(os.environ.get("HIDAJ_NIGHT"))
STORIES = 3000 if IS_NIGHT else 15
STEPS = 40 if IS_NIGHT else 20

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def far_end(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every SMS goes to the gateways of the story; the last user has only one."""
    settings.SMS_ROUTES = {"*": "keyed>plain", "+989993000002": "plain"}
    settings.SMS_REPLY_GATEWAYS = ["keyed"]
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for name, make in gateways(lambda: NewsStory.far_end).items():
        monkeypatch.setitem(routing.GATEWAYS, name, make)


def tell(stories: int, steps: int, *, audit_every: int = 10) -> None:
    """Tell so many stories; raises what the first one that fails raises."""
    NewsStory.world = make_news_world()
    NewsStory.told = NewsStory.steps = NewsStory.taken = 0
    NewsStory.audit_every = audit_every
    options = settings(
        max_examples=stories,
        stateful_step_count=steps,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=not IS_NIGHT,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(NewsStory, settings=options)
    finally:
        print(
            f"stories of messages: {NewsStory.told}, steps: {NewsStory.steps},"
            f" SMS taken: {NewsStory.taken}"
        )


def test_messages_go_once_in_time_and_to_who_wants_them() -> None:
    tell(STORIES, STEPS)
