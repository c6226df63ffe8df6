"""Random stories of two runs and a consultant, told to the services and to a model.

After every step the two must agree; the whole audit is clean after every tenth story.
`HIDAJ_NIGHT=1` tells many more. A story that fails is not made shorter, which would
take minutes: the steps that led to it are printed.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stories.places import PlaceRules
from tests.stories.times import TimeRules
from tests.stories.world import make_world

IS_NIGHT = bool(os.environ.get("HIDAJ_NIGHT"))
STORIES = 5000 if IS_NIGHT else 200
STEPS = 30 if IS_NIGHT else 15


class Story(PlaceRules, TimeRules):
    """Everything that can happen, in any order."""


def tell(
    stories: int, steps: int, *, audit_every: int = 10, is_fixed: bool = True
) -> None:
    """Tell so many stories; raises what the first one that fails raises.

    Fixed ones are the same every time.
    """
    Story.world = make_world()
    Story.told = Story.steps = 0
    Story.audit_every = audit_every
    options = settings(
        max_examples=stories,
        stateful_step_count=steps,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=is_fixed,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(Story, settings=options)
    finally:
        print(f"stories: {Story.told}, steps: {Story.steps}")


@pytest.mark.django_db
def test_stories_agree_with_the_model() -> None:
    tell(STORIES, STEPS, is_fixed=not IS_NIGHT)
