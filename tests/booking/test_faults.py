"""The stories find what they are for: a rule that somebody made faulty."""

from __future__ import annotations

import pytest

from tests.support.fault_search import IS_SPARED, found_faults
from tests.support.faulty_stories import NAMES


@pytest.mark.skipif(IS_SPARED, reason="by day one database finds the faulty rules")
def test_each_fault_is_found_within_200_stories() -> None:
    assert found_faults("faulty_stories.py") == NAMES
