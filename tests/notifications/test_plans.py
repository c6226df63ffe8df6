"""What the tick asks of a full outbox is answered by indexes."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bench.outbox_cases import TABLE, fill
from bench.plans import plans_of
from notifications import delivery, ladder, reports, upkeep
from notifications.models import OutboxMessage
from tests.notifications.conftest import Owner

pytestmark = pytest.mark.django_db

# So many that a database would not rather read them all.
ROWS, DUE = 20_000, 100


def test_tick_reads_no_outbox_from_end_to_end(owner: Owner) -> None:
    fill(ROWS, DUE)
    now = timezone.now()

    with plans_of(TABLE) as plans:
        upkeep.sweep(now)
        claimed = delivery.claim(now=now)
        upkeep.outbox_is_well(now)
        reports.ask_for_reports(now)
        ladder.climb(now)
    with plans_of(TABLE) as control:
        OutboxMessage.objects.filter(text="").count()

    assert claimed is not None
    assert plans.scans() == []
    # Both hold waiting messages only.
    assert {"outboxmessage_due", "outboxmessage_expiring"} & set(plans.indexes())
    assert len(control.scans()) == 1
