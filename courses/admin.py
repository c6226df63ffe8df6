"""Read-only: everything here has a service that keeps its rules."""

from __future__ import annotations

from django.contrib import admin

from courses.models import Attendance, ClassSession, Course, CourseInterest, CourseRun
from notifications.admin import ReadOnlyAdmin


@admin.register(Course)
class CourseAdmin(ReadOnlyAdmin):
    list_display = ("code", "title_fa", "level", "is_active")
    search_fields = ("code", "search_key")


@admin.register(CourseRun)
class CourseRunAdmin(ReadOnlyAdmin):
    list_display = ("code", "course", "state", "first_session_at", "last_session_at")
    list_filter = ("state", "audience")
    list_select_related = ("course",)
    search_fields = ("code", "course__search_key")


@admin.register(ClassSession)
class ClassSessionAdmin(ReadOnlyAdmin):
    list_display = ("run", "number", "starts_at", "state", "schedule_version")
    list_filter = ("state",)
    list_select_related = ("run__course",)


@admin.register(Attendance)
class AttendanceAdmin(ReadOnlyAdmin):
    list_display = ("class_session", "reservation", "mark", "minutes", "marked_at")
    list_filter = ("mark",)
    list_select_related = ("class_session__run", "reservation")


@admin.register(CourseInterest)
class CourseInterestAdmin(ReadOnlyAdmin):
    list_display = ("course", "person", "created_at", "notified_at")
    list_select_related = ("course", "person")
