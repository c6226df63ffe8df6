"""The same form sent twice has one result."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import TypedDict, Unpack
from uuid import UUID

from django.db.models import Model, UUIDField
from django.utils.translation import gettext_lazy as _

from core.compiled import TEXT, Given, Insert, Select
from core.exceptions import HidajError
from core.models import IdempotencyKey

# One statement for both: a new row comes back as it was written, an older one as it
# stands. The update changes nothing, it only makes the older row come back.
CLAIM = Insert(
    IdempotencyKey,
    update_conflicts=True,
    update_fields=["key"],
    unique_fields=["actor", "action", "key"],
)
RESULT = Select(
    lambda: IdempotencyKey.objects.filter(
        key=Given("key", UUIDField()),
        actor=Given("actor", TEXT),
        action=Given("action", TEXT),
        digest=Given("digest", TEXT),
    ).values_list("result_id", flat=True)
)


class Form(TypedDict):
    """What tells a form that is sent again from another one."""

    key: UUID
    actor: str
    action: str
    digest: str


class KeyReused(HidajError):
    """The key of one form came back with other data in it."""


def form_digest(data: Mapping[str, object]) -> str:
    """A stable digest of what a form says, whatever the order of its fields."""
    text = json.dumps(data, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def once(*, now: dt.datetime, **form: Unpack[Form]) -> IdempotencyKey:
    """Claim a form's key inside the transaction of its effect.

    A twin that runs at the same moment waits on the unique index and then finds the
    first one's result in `result_id`. A refusal rolls the key back with everything
    else, so that a later try may win.

    Raises KeyReused when the key was used for other data.
    """
    record = IdempotencyKey(**form, result_id=None, created_at=now)
    CLAIM([record])
    if record.digest != form["digest"]:
        raise KeyReused(
            _("This form was already sent with other data. Please open it again."),
            code="key_reused",
        )
    return record


def result_of(**form: Unpack[Form]) -> int | None:
    """The result of a form that was sent before with the same data; writes nothing."""
    return RESULT.first(**form)


def unanswered() -> list[str]:
    """Forms that were kept without a result: a refusal should have left nothing."""
    return [
        f"form {key.pk} ({key.action}): no result"
        for key in IdempotencyKey.objects.filter(result_id=None)
    ]


def lost_results(action: str, model: type[Model]) -> list[str]:
    """Forms of an action that were answered with a row that is not there."""
    answered = IdempotencyKey.objects.filter(action=action, result_id__isnull=False)
    lost = answered.exclude(result_id__in=model._default_manager.values("pk"))
    return [f"form {key.pk} ({action}): no {key.result_id}" for key in lost]
