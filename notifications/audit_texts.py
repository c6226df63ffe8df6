"""What must always be true of the texts that staff wrote (invariant 19)."""

from __future__ import annotations

from django.db.models import Count, F, Max, OuterRef, Subquery

from notifications import kinds
from notifications.models import OutboxMessage
from notifications.text_models import TextVersion
from notifications.text_rules import problems


def texts_that_break_a_rule() -> list[str]:
    """Texts that hold now and would be refused: what they tell of has changed since."""
    newest = (
        TextVersion.objects.filter(kind=OuterRef("kind"), language=OuterRef("language"))
        .order_by("-number")
        .values("pk")
    )
    holding = TextVersion.objects.filter(pk=Subquery(newest[:1]), is_default=False)
    return [f"text {v}: {why}" for v in holding.order_by("pk") for why in _faults(v)]


def _faults(version: TextVersion) -> list[str]:
    try:
        kind = kinds.get(version.kind)
    except LookupError:
        return ["no such message"]
    found = problems(kind, version.language, version.pieces())
    return [problem.piece for problem in found]


def versions_out_of_order() -> list[str]:
    """Numbers with a gap, and messages with a version of another text."""
    numbered = (
        TextVersion.objects.values("kind", "language")
        .annotate(rows=Count("pk"), last=Max("number"))
        .exclude(rows=F("last"))
        .order_by("kind", "language")
    )
    gaps = [f"text {row['kind']} {row['language']}: a gap" for row in numbered]
    strange = OutboxMessage.objects.filter(text_version__isnull=False).exclude(
        text_version__kind=F("kind")
    )
    return gaps + [f"message {pk}" for pk in strange.values_list("pk", flat=True)]
