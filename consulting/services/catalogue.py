"""Writing the catalogue of consulting services."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import Person
from booking.models import MachineKind, Resource, Room
from booking.services.resources import resource_of_person, resource_of_room
from consulting.exceptions import ConsultingError
from consulting.models import (
    QUARTER,
    IntakeQuestion,
    Mode,
    Service,
    ServiceMachine,
    ServiceMode,
)
from core.transactions import atomic_retrying
from persian.text import to_reader_digits


class ServiceFields(TypedDict, total=False):
    """What staff write about a service; amounts in rial, lengths in minutes."""

    code: str
    slug: str
    title_fa: str
    title_en: str
    problem_fa: str
    problem_en: str
    description_fa: str
    description_en: str
    bring_fa: str
    bring_en: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    start_step_minutes: int
    notice_hours: int
    horizon_days: int
    cancel_notice_hours: int
    fee_rial: int
    support_percent: int
    room: Room | None
    max_people: int
    group_size: int
    needs_approval: bool
    is_active: bool


@dataclass(frozen=True)
class Question:
    """One intake question as staff write it; `pk` of the one that it replaces."""

    text_fa: str
    text_en: str = ""
    is_required: bool = False
    pk: int | None = None


@atomic_retrying
def create_service(
    *,
    modes: Mapping[str, int],
    consultants: Sequence[Person],
    questions: Sequence[Question] = (),
    machines: Mapping[MachineKind, int] | None = None,
    now: dt.datetime,
    **fields: Unpack[ServiceFields],
) -> Service:
    """A new service.

    `modes` gives the consultant's travel, one way in minutes, for each mode (0 but
    for a visit); `machines` says how many of a kind a meeting in the centre needs.
    Raises ConsultingError for what the catalogue does not allow.
    """
    service = Service(**fields)
    _save(service, modes)
    _set_parts(service, modes, consultants, questions, machines or {}, now=now)
    return service


@atomic_retrying
def update_service(
    *,
    service_id: int,
    modes: Mapping[str, int],
    consultants: Sequence[Person],
    questions: Sequence[Question] = (),
    machines: Mapping[MachineKind, int] | None = None,
    now: dt.datetime,
    **fields: Unpack[ServiceFields],
) -> Service:
    """Change a service; meetings that are booked stay as they are.

    `machines` None leaves them. Raises ConsultingError as for a new one.
    """
    service = Service.objects.select_for_update(no_key=True).get(pk=service_id)
    for name, value in fields.items():
        setattr(service, name, value)
    _save(service, modes)
    if machines is None:
        machines = {m.kind: m.count for m in service.machines.select_related("kind")}
    _set_parts(service, modes, consultants, questions, machines, now=now)
    return service


def _save(service: Service, modes: Mapping[str, int]) -> None:
    if service.duration_minutes % QUARTER or service.start_step_minutes % QUARTER:
        raise ConsultingError(
            _("Lengths and steps are whole quarters of an hour (15, 30, 45 …)."),
            code="not_in_quarters",
        )
    if not modes:
        raise ConsultingError(_("Choose at least one way to meet."), code="no_mode")
    try:
        service.full_clean()
    except ValidationError as error:
        raise ConsultingError(" ".join(error.messages), code="invalid") from error
    service.save()


def _set_parts(
    service: Service,
    modes: Mapping[str, int],
    consultants: Sequence[Person],
    questions: Sequence[Question],
    machines: Mapping[MachineKind, int],
    *,
    now: dt.datetime,
) -> None:
    for person in consultants:
        resource_of_person(person, now=now)
    if service.room is not None:
        resource_of_room(service.room, now=now)
    service.consultants.set(consultants)
    _set_modes(service, modes)
    _set_machines(service, machines)
    _set_questions(service, questions)


def _set_modes(service: Service, modes: Mapping[str, int]) -> None:
    service.modes.exclude(mode__in=list(modes)).delete()
    for mode, travel in modes.items():
        ServiceMode.objects.update_or_create(
            service=service,
            mode=Mode(mode),
            defaults={"travel_minutes": travel if mode == Mode.ON_SITE else 0},
        )


def _set_machines(service: Service, machines: Mapping[MachineKind, int]) -> None:
    service.machines.exclude(kind__in=list(machines)).delete()
    for kind, count in machines.items():
        there = Resource.objects.filter(machine_kind=kind).count()
        if there < count:
            raise ConsultingError(
                _("There are only %(there)s of %(name)s.")
                % {"there": to_reader_digits(str(there)), "name": kind},
                code="machines_short",
            )
        ServiceMachine.objects.update_or_create(
            service=service, kind=kind, defaults={"count": count}
        )


def _set_questions(service: Service, questions: Sequence[Question]) -> None:
    """What is no longer asked is kept for the answers that it has."""
    kept = []
    for order, question in enumerate(questions):
        row = service.questions.filter(pk=question.pk).first() if question.pk else None
        row = row or IntakeQuestion(service=service)
        if row.pk and row.text_fa != question.text_fa and row.answers.exists():
            # Another question than the one that was answered.
            row = IntakeQuestion(service=service)
        row.order, row.is_active = order, True
        row.text_fa, row.text_en = question.text_fa, question.text_en
        row.is_required = question.is_required
        row.save()
        kept.append(row.pk)
    service.questions.exclude(pk__in=kept).update(is_active=False)
