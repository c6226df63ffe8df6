"""Stories of faulty messages; each fault must be found. Not a test of `make test`
itself: `tests/notifications/test_faults.py` runs it in a process of its own.
"""

from __future__ import annotations

import os

import pytest

from tests.notifications.test_stories import far_end, tell  # noqa: F401 - a fixture
from tests.stories.news import NewsStory
from tests.support.message_faults import FAULTS

STORIES = 400
STEPS = 20
# By day the faults that the first stories find.
NAMES = list(FAULTS) if os.environ.get("HIDAJ_NIGHT") else list(FAULTS)[:2]


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_fault_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)

    with pytest.raises(Exception) as found:
        tell(STORIES, STEPS)

    words = str(found.value).splitlines()[0][:100]
    print(f"\nfault {name}: story {NewsStory.told}, {found.typename}: {words}")
