"""The only module that writes busy cells: who and what is taken when.

Every claim is a set of rows (resource, quarter of an hour) under one unique index, so
the database itself refuses a second use, whatever the source. One sorted INSERT needs
no other lock; whatever needs several statements first locks its resources in
primary-key order. (A bare exclusion constraint deadlocked for a minute in a rush.)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from booking.exceptions import BookingError, TimeTaken
from booking.models import (
    STANDING_BLOCKS,
    BusyCell,
    Claim,
    MachineKind,
    Resource,
    ResourceKind,
    TimeBlock,
)
from booking.owners import Freed

CELL = dt.timedelta(minutes=15)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SEARCH_AHEAD = dt.timedelta(days=14)


@dataclass(frozen=True)
class Want:
    """A resource to be taken; buffers and travel are minutes around the block."""

    resource_id: int
    before_minutes: int = 0
    after_minutes: int = 0


def cell_of(moment: dt.datetime) -> int:
    """The quarter of an hour that holds this moment."""
    return (moment - EPOCH) // CELL


def cells_between(from_at: dt.datetime, to_at: dt.datetime) -> range:
    """All quarters that an interval touches; both ends are rounded outward."""
    return range(cell_of(from_at), -((EPOCH - to_at) // CELL))


def cell_start(cell: int) -> dt.datetime:
    """When a quarter begins (UTC)."""
    return EPOCH + cell * CELL


def register_shared(resources: Callable[[], QuerySet[Resource]]) -> None:
    """Have these locked together with any other; called once, at start-up.

    For resources of which one transaction takes some, frees others and then looks for
    more: whoever locks them in steps waits for somebody who waits for the first step.
    """
    _shared.append(resources)


_shared: list[Callable[[], QuerySet[Resource]]] = []


def lock_resources(resource_ids: Iterable[int]) -> None:
    """Lock resources in primary-key order, for work in several statements.

    In one step with those that are shared.
    """
    wanted = Q(pk__in=set(resource_ids))
    for resources in _shared:
        wanted |= Q(pk__in=resources().values("pk"))
    rows = Resource.objects.select_for_update(no_key=True).filter(wanted)
    list(rows.order_by("pk").values_list("pk"))


def claim(block: TimeBlock, wants: Sequence[Want]) -> list[Claim]:
    """Take resources for a block, all or none; raises TimeTaken, which says why."""
    claims = [_new_claim(block, want) for want in wants]
    Claim.objects.bulk_create(claims)
    cells = sorted(
        (_cell_row(c, cell) for c in claims for cell in _cells(c)),
        key=lambda row: (row.resource_id, row.cell),
    )
    try:
        with transaction.atomic():
            BusyCell.objects.bulk_create(cells)
    except IntegrityError as error:
        raise _taken(block, wants) from error
    return claims


def _new_claim(block: TimeBlock, want: Want) -> Claim:
    return Claim(
        block=block,
        resource_id=want.resource_id,
        from_at=block.starts_at - dt.timedelta(minutes=want.before_minutes),
        to_at=block.ends_at + dt.timedelta(minutes=want.after_minutes),
        is_standing=block.kind in STANDING_BLOCKS,
    )


def _cells(claim_: Claim) -> range:
    return cells_between(claim_.from_at, claim_.to_at)


def _cell_row(claim_: Claim, cell: int) -> BusyCell:
    return BusyCell(resource_id=claim_.resource_id, cell=cell, claim=claim_)


def _taken(block: TimeBlock, wants: Sequence[Want]) -> TimeTaken:
    """Find what stood in the way, for a sentence that helps."""
    for want in sorted(wants, key=lambda w: w.resource_id):
        wanted = _cells(_new_claim(block, want))
        other = (
            BusyCell.objects.filter(resource_id=want.resource_id, cell__in=list(wanted))
            .exclude(claim__block=block)
            .select_related("claim__block", "resource")
            .order_by("cell")
            .first()
        )
        if other is not None:
            return TimeTaken(
                _("%(name)s is taken at that time (%(what)s).")
                % {
                    "name": other.resource,
                    "what": other.claim.block.get_kind_display(),
                },
                resource_id=want.resource_id,
                block_id=other.claim.block_id,
                next_free_at=next_free(block, wants),
            )
    # The other one went away between the refusal and this look.
    return TimeTaken(
        _("That time was just taken. Please choose again."),
        resource_id=wants[0].resource_id,
    )


def next_free(block: TimeBlock, wants: Sequence[Want]) -> dt.datetime | None:
    """The next start, within two weeks, at which everything wanted is free (UTC)."""
    busy = busy_cells(
        [w.resource_id for w in wants], block.starts_at, block.ends_at + SEARCH_AHEAD
    )
    length = block.ends_at - block.starts_at
    for step in range(1, SEARCH_AHEAD // CELL):
        starts_at = block.starts_at + step * CELL
        moved = TimeBlock(
            kind=block.kind, starts_at=starts_at, ends_at=starts_at + length
        )
        if all(
            busy[w.resource_id].isdisjoint(_cells(_new_claim(moved, w))) for w in wants
        ):
            return starts_at
    return None


def busy_cells(
    resource_ids: Iterable[int], from_at: dt.datetime, to_at: dt.datetime
) -> dict[int, set[int]]:
    """Taken cells of each resource in an interval, in one query."""
    busy: dict[int, set[int]] = {pk: set() for pk in resource_ids}
    rows = BusyCell.objects.filter(
        resource_id__in=busy.keys(),
        cell__gte=cell_of(from_at),
        cell__lte=cell_of(to_at),
    ).values_list("resource_id", "cell")
    for resource_id, cell in rows:
        busy[resource_id].add(cell)
    return busy


def extent(block: TimeBlock) -> Freed | None:
    """What a block takes now, from its first to its last moment, pauses included."""
    claims = list(block.claims.filter(ended_at=None).order_by("resource"))
    if not claims:
        return None
    return Freed(
        tuple(c.resource_id for c in claims),
        min(c.from_at for c in claims),
        max(c.to_at for c in claims),
    )


def release(block: TimeBlock, *, now: dt.datetime) -> None:
    """Give back everything a block took; leave and closures inherit what they cover."""
    claims = list(block.claims.filter(ended_at=None))
    lock_resources(c.resource_id for c in claims)
    cells = BusyCell.objects.filter(claim__in=claims)
    freed = list(cells.values_list("resource_id", "cell"))
    cells.delete()
    Claim.objects.filter(pk__in=[c.pk for c in claims]).update(ended_at=now)
    _hand_over(freed)


def _hand_over(freed: list[tuple[int, int]]) -> None:
    """Give freed cells to the standing claims that cover them."""
    if not freed:
        return
    standing = Claim.objects.filter(
        resource_id__in={resource_id for resource_id, _cell in freed},
        is_standing=True,
        ended_at=None,
        to_at__gt=cell_start(min(cell for _resource, cell in freed)),
    ).order_by("pk")
    for claim_ in standing:
        covered = set(_cells(claim_))
        _insert_free(
            claim_,
            [c for r, c in freed if r == claim_.resource_id and c in covered],
        )


def _insert_free(claim_: Claim, cells: Iterable[int]) -> None:
    BusyCell.objects.bulk_create(
        [_cell_row(claim_, cell) for cell in sorted(cells)], ignore_conflicts=True
    )


def move(
    block: TimeBlock,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    wants: Sequence[Want],
    now: dt.datetime,
) -> None:
    """Give a block another time or other resources; raises TimeTaken.

    The caller's transaction keeps the old time when the new one is refused.
    """
    old = block.claims.filter(ended_at=None).values_list("resource_id", flat=True)
    lock_resources({*old, *(w.resource_id for w in wants)})
    release(block, now=now)
    block.starts_at, block.ends_at = starts_at, ends_at
    block.save(update_fields=["starts_at", "ends_at"])
    claim(block, wants)


def stand(block: TimeBlock, resource_ids: Iterable[int]) -> list[Claim]:
    """Take every still-free cell of these resources for leave or a closure."""
    resource_ids = sorted(set(resource_ids))
    lock_resources(resource_ids)
    claims = [_new_claim(block, Want(pk)) for pk in resource_ids]
    Claim.objects.bulk_create(claims)
    for claim_ in claims:
        _insert_free(claim_, _cells(claim_))
    return claims


def receive_standing(resource: Resource, *, now: dt.datetime) -> None:
    """A resource made later is closed when the centre is closed."""
    closures = TimeBlock.objects.active().filter(kind="closure", ends_at__gt=now)
    for block in closures:
        stand(block, [resource.pk])


def require_quarter(moment: dt.datetime) -> None:
    """Refuse a start that is not on the quarter, and name the next one that is."""
    if moment != cell_start(cell_of(moment)):
        raise BookingError(
            _("Times start on the quarter of an hour (00, 15, 30, 45)."),
            code="not_on_quarter",
        )


def free_machines(
    kind: MachineKind,
    count: int,
    from_at: dt.datetime,
    to_at: dt.datetime,
) -> list[int]:
    """The lowest numbers of a kind that are free throughout; raises BookingError.

    The unique index still decides when two ask at once.
    """
    machines = list(
        Resource.objects.filter(kind=ResourceKind.MACHINE, machine_kind=kind).order_by(
            "number"
        )
    )
    wanted = set(cells_between(from_at, to_at))
    busy = busy_cells([m.pk for m in machines], from_at, to_at)
    free = [m.pk for m in machines if busy[m.pk].isdisjoint(wanted)]
    if len(free) < count:
        raise BookingError(
            _("Only %(free)s of %(name)s are free at that time.")
            % {"free": len(free), "name": kind},
            code="machines_short",
        )
    return free[:count]


def sweep_past(now: dt.datetime) -> int:
    """Delete cells that ended more than a day ago; the intervals stay."""
    return BusyCell.objects.filter(cell__lt=cell_of(now) - 96).delete()[0]
