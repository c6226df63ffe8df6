"""How PostgreSQL reads for the slot engine: never the claims of all times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from bench.slots_cases import make_world
from consulting.models import Service
from tests.consulting.helpers import slots_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="the plans are PostgreSQL's"
    ),
]
# So many that reading all of them is dearer than looking the few up.
MEETINGS = 1_000
KEYS = {"booking_claim": "block_id = ", "consulting_meeting": "offering_id = "}


def asked_of(table: str, service: Service) -> tuple[str, Any]:
    found = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if f'"{table}"' in sql:
            found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        slots_of(service, mode="phone")
    (query,) = found
    return query


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def plan_of(sql: str, params: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        ((answer,),) = cursor.fetchall()
    plan: dict[str, Any] = answer[0]["Plan"]
    return plan


def test_only_claims_that_matter_are_looked_up() -> None:
    service = Service.objects.get(pk=make_world(1, MEETINGS, "plans"))

    plan = plan_of(*asked_of("booking_busycell", service))
    reads = [node for node in nodes(plan) if node.get("Relation Name") in KEYS]

    assert {node["Relation Name"] for node in reads} == set(KEYS)
    for node in reads:
        found_by = node.get("Index Cond", node.get("Recheck Cond", ""))
        assert KEYS[node["Relation Name"]] in found_by, node
