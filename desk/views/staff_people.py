"""Finding a person, and all that the centre has of them."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Person
from booking.models import Reservation
from booking.services.no_shows import counted, needs_approval
from desk.forms.people import SearchForm
from desk.messages import lines_of
from desk.paging import page_of, query_of
from desk.roles import staff_only
from desk.runs import matching_person, phone_part
from desk.staffpage import staff_page
from notifications.models import OutboxMessage
from persian.text import to_latin_digits

MESSAGES_SHOWN = 20


def people_matching(text: str) -> Q:
    """Persons by name or phone, and those of a booking with this reference."""
    found = matching_person(text, "", "reservations__party__")
    if digits := phone_part(text):
        found |= Q(user__phone__contains=digits)
    return found


@require_GET
@staff_only
def people(request: HttpRequest) -> HttpResponse:
    """Search by name, mobile or reference; without a search the newest."""
    form = SearchForm(request.GET)
    form.is_valid()
    text = to_latin_digits(form.cleaned_data.get("q") or "")
    rows = Person.objects.filter(erased_at=None).select_related("firm", "user")
    if text:
        rows = rows.filter(people_matching(text)).distinct().order_by("search_key")
    else:
        rows = rows.order_by("-created_at", "-pk")
    page = page_of(request, rows)
    context = {"form": form, "page": page, "text": text, "query": query_of(request)}
    return staff_page(request, "desk/staff/people.html", context)


@require_GET
@staff_only
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: how to reach them, their bookings, what was sent to them."""
    rows = Person.objects.select_related("firm", "user", "managed_by__person")
    found = get_object_or_404(rows, pk=pk)
    now = timezone.now()
    bookings = (
        Reservation.objects.filter(person=found)
        .select_related(
            "party__booked_by__person",
            "offering__course_run__course",
            "offering__meeting__service",
            "offering__meeting__consultant__teaching_profile__person",
            "forgiven",
        )
        .order_by("-created_at", "-pk")
    )
    context = {
        "person": found,
        "bookings": bookings,
        "managed": Person.objects.filter(managed_by=found.user_id)
        if found.user_id
        else [],
        "missed": list(counted(found, now)),
        "asks_staff": needs_approval(found, now),
        "no_show_limit": settings.HIDAJ_NO_SHOWS_BEFORE_APPROVAL,
        "lines": lines_of(_messages_to(found), now),
    }
    return staff_page(request, "desk/staff/person.html", context)


def _messages_to(person: Person) -> list[OutboxMessage]:
    phones = {person.contact_phone, person.user.phone if person.user else ""}
    addresses = {*phones, person.email} - {""}
    rows = OutboxMessage.objects.filter(recipient__in=addresses)
    return list(rows.order_by("-created_at", "-pk")[:MESSAGES_SHOWN])
