"""The catalogue of consulting services, for those who plan."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from consulting.exceptions import ConsultingError
from consulting.models import Service
from consulting.services.catalogue import create_service, update_service
from consulting.staff_forms import (
    ERROR_FIELDS,
    QuestionForm,
    ServiceForm,
    question_formset,
    questions_of,
)
from consulting.views.access import planners_only


@never_cache
@require_GET
@planners_only
def service_list(request: HttpRequest) -> HttpResponse:
    """All services, those that are not offered at the end."""
    services = (
        Service.objects.annotate(consultant_count=Count("consultants"))
        .prefetch_related("modes")
        .select_related("room")
        .order_by("-is_active", "code")
    )
    return render(request, "consulting/staff/services.html", {"services": services})


@never_cache
@require_http_methods(["GET", "POST"])
@planners_only
def service_new(request: HttpRequest) -> HttpResponse:
    """Write a new service."""
    return _edit(request, None)


@never_cache
@require_http_methods(["GET", "POST"])
@planners_only
def service_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a service; what is booked stays as it is."""
    return _edit(request, get_object_or_404(Service, pk=pk))


def _edit(request: HttpRequest, service: Service | None) -> HttpResponse:
    data = request.POST or None
    form = ServiceForm(data, service=service)
    questions = question_formset(data, service)
    is_right = bool(data) and form.is_valid() and questions.is_valid()
    if is_right and _save(form, questions, service):
        messages.success(request, _("The service was saved."))
        return redirect("consulting:staff_services")
    context = {"form": form, "questions": questions, "service": service}
    return render(request, "consulting/staff/service_form.html", context)


def _save(
    form: ServiceForm, questions: BaseFormSet[QuestionForm], service: Service | None
) -> bool:
    """Whether the catalogue took it; if not the form says why."""
    fields = {
        **form.service_fields(),
        "questions": questions_of(questions),
        "now": timezone.now(),
    }
    try:
        if service is None:
            create_service(**fields)
        else:
            update_service(service_id=service.pk, **fields)
    except ConsultingError as error:
        form.add_error(ERROR_FIELDS.get(error.code), str(error))
        return False
    return True
