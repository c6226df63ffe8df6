"""Stories of faulty rules; each fault must be found. Not a test of `make test` itself:
`tests/booking/test_faults.py` runs it in a process of its own.
"""

from __future__ import annotations

import os

import pytest

from tests.booking.conftest import recorder  # noqa: F401 - an autouse fixture
from tests.booking.test_stories import Story, tell
from tests.support.faults import FAULTS

STORIES = 200
STEPS = 15
IS_NIGHT = bool(os.environ.get("HIDAJ_NIGHT"))
# By day the faults that the first stories find; the whole audit follows every story.
BY_DAY = [
    "no_promotion_after_cancel",
    "seat_is_not_given_back",
    "line_is_served_from_its_end",
]
NAMES = list(FAULTS) if IS_NIGHT else BY_DAY


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_fault_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)

    with pytest.raises(Exception) as found:
        tell(STORIES, STEPS, audit_every=1)

    words = str(found.value).splitlines()[0][:100]
    print(f"\nfault {name}: story {Story.told}, {found.typename}: {words}")


@pytest.mark.django_db
@pytest.mark.skipif(not IS_NIGHT, reason="by day the stories themselves are told")
def test_same_stories_find_nothing_without_a_fault() -> None:
    tell(STORIES, STEPS, audit_every=1)
