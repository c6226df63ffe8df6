"""Read-only: everything here has a service that keeps its rules."""

from __future__ import annotations

from django.contrib import admin

from consulting.models import (
    AvailabilityOverride,
    Meeting,
    Service,
    WeeklyAvailability,
)
from notifications.admin import ReadOnlyAdmin


@admin.register(Service)
class ServiceAdmin(ReadOnlyAdmin):
    list_display = ("code", "title_fa", "duration_minutes", "is_active")
    search_fields = ("code", "title_fa")


@admin.register(Meeting)
class MeetingAdmin(ReadOnlyAdmin):
    list_display = ("service", "consultant", "starts_at", "mode", "cancelled_at")
    list_filter = ("mode",)
    list_select_related = ("service", "consultant")


@admin.register(WeeklyAvailability)
class WeeklyAvailabilityAdmin(ReadOnlyAdmin):
    list_display = ("person", "weekday", "start_time", "end_time", "valid_from")
    list_select_related = ("person",)


@admin.register(AvailabilityOverride)
class AvailabilityOverrideAdmin(ReadOnlyAdmin):
    list_display = ("person", "on", "start_time", "end_time", "is_available")
    list_select_related = ("person",)
