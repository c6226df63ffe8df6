"""What the slot engine asks the tables, with SQL that is made once (`core.compiled`).

Each reads the asked days alone through an index, so that neither the past nor a far
future is paid for.
"""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast

from booking.models import BusyCell, Claim, Resource
from consulting.models import (
    AvailabilityOverride,
    Meeting,
    Mode,
    Service,
    ServiceMachine,
    WeeklyAvailability,
    offerings_of_expired_holds,
)
from core.compiled import DATE, KEY, MOMENT, TEXT, Given, GivenKeys, Select

NOW, IGNORING = Given("now", MOMENT), Given("ignoring", KEY)
PEOPLE = GivenKeys("people")
SERVICE, ROOM, CONSULTANT = (Given(n, KEY) for n in ("service", "room", "consultant"))


def _resources(
    service: Any, room: Any, consultant: Any, *, is_in_person: bool
) -> QuerySet[Resource]:
    wanted = Q(person__consulting_services=service)
    if consultant is not None:
        wanted &= Q(person=consultant)
    if is_in_person:
        wanted |= Q(room=room) | Q(machine_kind__services=service)
    return Resource.objects.filter(wanted)


def resources_for(
    service: Service, mode: str, consultant_id: int | None
) -> QuerySet[Resource]:
    """Who and what a meeting may take; room and machines only in the centre.

    Without a consultant all of the service are meant.
    """
    # Nothing has the key 0.
    return _resources(
        service.pk,
        service.room_id or 0,
        consultant_id,
        is_in_person=mode == Mode.IN_PERSON,
    )


def shared_resources() -> QuerySet[Resource]:
    """Whoever and whatever any meeting may take."""
    used = (
        Q(person__consulting_services__isnull=False)
        | Q(room__in=Service.objects.exclude(room=None).values("room"))
        | Q(machine_kind__in=ServiceMachine.objects.values("kind"))
    )
    return Resource.objects.filter(used)


def _with_caps(
    consultant: Given | None, is_in_person: bool
) -> QuerySet[Resource, tuple[Any, ...]]:
    machines = ServiceMachine.objects.filter(
        service=SERVICE, kind=OuterRef("machine_kind")
    )
    need = Subquery(machines.values("count")[:1]) if is_in_person else Value(0)
    return (
        _resources(SERVICE, ROOM, consultant, is_in_person=is_in_person)
        .annotate(need=need)
        .order_by("pk")
        .values_list(
            "pk",
            "kind",
            "person",
            "machine_kind",
            "need",
            "person__consulting_caps__per_day",
            "person__consulting_caps__per_week",
        )
    )


# By whether one consultant is asked for, and whether it is in the centre.
_RESOURCES = {
    (False, False): Select(lambda: _with_caps(None, False)),
    (False, True): Select(lambda: _with_caps(None, True)),
    (True, False): Select(lambda: _with_caps(CONSULTANT, False)),
    (True, True): Select(lambda: _with_caps(CONSULTANT, True)),
}


def resources_with_caps(
    service: Service, mode: str, consultant_id: int | None
) -> list[tuple[Any, ...]]:
    """Those of `resources_for` in order, as rows.

    Key, kind, person, kind of machine, how many of it a meeting needs, and the caps of
    a day and a week.
    """
    ask = _RESOURCES[consultant_id is not None, mode == Mode.IN_PERSON]
    return ask(
        service=service.pk, room=service.room_id or 0, consultant=consultant_id or 0
    )


def _busy() -> QuerySet[BusyCell, tuple[Any, ...]]:
    """Resource, first and last quarter of each claim but those that count as free."""
    live = Claim.objects.filter(ended_at=None)
    # Apart, so that each finds its few claims through an index; with "or" PostgreSQL
    # reads the claims of all times.
    expired = live.filter(block__meeting__offering__in=offerings_of_expired_holds(NOW))
    own = live.filter(block=IGNORING)
    return (
        BusyCell.objects.filter(
            resource__in=GivenKeys("resources"),
            cell__gte=Given("first", KEY),
            cell__lt=Given("end", KEY),
        )
        .exclude(claim__in=expired)
        .exclude(claim__in=own)
        .values("resource", "claim")
        .annotate(first_cell=Min("cell"), last_cell=Max("cell"))
        .values_list("resource", "first_cell", "last_cell")
    )


def _hours() -> QuerySet[WeeklyAvailability, tuple[Any, ...]]:
    """Weekly rules and exceptions of one day in one list of like rows."""
    first, last = Given("first", DATE), Given("last", DATE)
    no_day = Cast(Value(None), DateField())
    weekly = (
        WeeklyAvailability.objects.touching(first, last)
        .filter(person__in=PEOPLE)
        .annotate(day=no_day, more=Cast(Value(None), BooleanField()))
        .values_list(
            "person",
            "start_time",
            "end_time",
            "weekday",
            "valid_from",
            "valid_to",
            "day",
            "more",
        )
    )
    single = (
        AvailabilityOverride.objects.filter(
            person__in=PEOPLE, on__gte=first, on__lte=last
        )
        .annotate(
            weekday=Cast(Value(None), SmallIntegerField()), since=no_day, until=no_day
        )
        .values_list(
            "person",
            "start_time",
            "end_time",
            "weekday",
            "since",
            "until",
            "on",
            "is_available",
        )
    )
    return weekly.order_by().union(single.order_by(), all=True)


def _meetings() -> QuerySet[Meeting, tuple[Any, ...]]:
    """How many meetings a consultant has on a wall date; one with a place for itself.

    Consultant, date, the meeting that has a place, how many, first start, last end.
    """
    has_place = Q(
        service=SERVICE,
        mode=Given("mode", TEXT),
        offering__is_open=True,
        offering__seats_taken__lt=F("offering__capacity"),
    )
    return (
        Meeting.objects.live()
        .filter(
            consultant__in=PEOPLE,
            starts_at__gte=Given("first", MOMENT),
            starts_at__lt=Given("end", MOMENT),
        )
        .exclude(offering__in=offerings_of_expired_holds(NOW))
        .exclude(block=IGNORING)
        .annotate(with_place=Case(When(has_place, then="pk")))
        .values("consultant", "wall_on", "with_place")
        .annotate(count=Count("pk"), first_at=Min("starts_at"), last_at=Max("ends_at"))
        .order_by("consultant", "wall_on", "first_at")
        .values_list(
            "consultant", "wall_on", "with_place", "count", "first_at", "last_at"
        )
    )


BUSY, HOURS, MEETINGS = Select(_busy), Select(_hours), Select(_meetings)
