"""The catalogue, for those who plan the training."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.refusals import refusals_in
from courses.models import Course
from courses.services.catalogue import create_course, update_course
from desk.forms.courses import ERROR_FIELDS, CourseForm
from desk.roles import planners_only, staff_only
from desk.staffpage import posted, staff_page


@require_GET
@staff_only
def course_list(request: HttpRequest) -> HttpResponse:
    """All courses, with how many runs of theirs are ahead and how many people ask."""
    ahead = Q(runs__last_session_at__gt=timezone.now()) & ~Q(runs__state="cancelled")
    courses = Course.objects.annotate(
        runs_ahead=Count("runs", filter=ahead, distinct=True),
        asking=Count("interests", filter=Q(interests__notified_at=None), distinct=True),
    ).order_by("-is_active", "code")
    context = {"courses": courses}
    return staff_page(request, "desk/staff/courses.html", context)


@require_http_methods(["GET", "POST"])
@planners_only
def course_new(request: HttpRequest) -> HttpResponse:
    """Write a new catalogue entry."""
    form = CourseForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, ERROR_FIELDS):
            create_course(**form.service_fields())
            messages.success(request, _("The course is in the catalogue."))
            return redirect("desk:staff_courses")
    return _form_page(request, form)


@require_http_methods(["GET", "POST"])
@planners_only
def course_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a catalogue entry; runs that exist keep their price, places and dates."""
    course = get_object_or_404(Course, pk=pk)
    form = CourseForm(posted(request), course=course)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, ERROR_FIELDS):
            update_course(course_id=course.pk, **form.service_fields())
            messages.success(request, _("The course was saved."))
            return redirect("desk:staff_courses")
    return _form_page(request, form)


def _form_page(request: HttpRequest, form: CourseForm) -> HttpResponse:
    context = {"form": form, "course": form.course}
    return staff_page(request, "desk/staff/course_form.html", context)
