"""Addresses of this app's pages."""

from __future__ import annotations

from django.urls import path

from consulting.views import (
    booking,
    earlier,
    public,
    staff_catalogue,
    staff_hours,
    staff_meetings,
)

app_name = "consulting"
urlpatterns = [
    path("consulting/", public.service_list, name="services"),
    path("consulting/done/<str:reference>/", booking.done, name="done"),
    path(
        "consulting/done/<str:reference>/calendar.ics",
        booking.calendar_file,
        name="calendar",
    ),
    path("consulting/done/<str:reference>/move/", booking.move, name="move"),
    path(
        "consulting/done/<str:reference>/earlier/",
        earlier.ask_for_appointment,
        name="ask_for_earlier",
    ),
    path("consulting/earlier/<int:pk>/end/", earlier.end, name="end_wish"),
    path("e/<str:secret>/", earlier.offer, name="earlier_offer"),
    path("e/<str:secret>/accept/", earlier.accept, name="accept_earlier"),
    path("e/<str:secret>/decline/", earlier.decline, name="decline_earlier"),
    path("e/<str:secret>/stop/", earlier.stop, name="stop_earlier"),
    path("consulting/<slug:slug>/tell-me/", earlier.ask, name="tell_me"),
    path("consulting/<slug:slug>/", public.service, name="service"),
    path("consulting/<slug:slug>/hold/", booking.hold, name="hold"),
    path("consulting/<slug:slug>/book/", booking.book, name="book"),
    path("a/<str:reference>/", booking.short, name="short"),
    path("staff/consulting/", staff_meetings.home, name="staff_home"),
    path(
        "staff/consulting/meetings/<int:pk>/",
        staff_meetings.meeting,
        name="staff_meeting",
    ),
    path(
        "staff/consulting/meetings/<int:pk>/move/",
        staff_meetings.move,
        name="staff_move",
    ),
    path(
        "staff/consulting/meetings/<int:pk>/cancel/",
        staff_meetings.cancel,
        name="staff_cancel",
    ),
    path(
        "staff/consulting/services/",
        staff_catalogue.service_list,
        name="staff_services",
    ),
    path(
        "staff/consulting/services/new/",
        staff_catalogue.service_new,
        name="staff_service_new",
    ),
    path(
        "staff/consulting/services/<int:pk>/",
        staff_catalogue.service_edit,
        name="staff_service",
    ),
    path(
        "staff/consulting/hours/", staff_hours.consultant_list, name="staff_consultants"
    ),
    path("staff/consulting/hours/<int:pk>/", staff_hours.hours, name="staff_hours"),
    path("staff/consulting/hours/<int:pk>/caps/", staff_hours.caps, name="staff_caps"),
    path(
        "staff/consulting/hours/<int:pk>/exceptions/",
        staff_hours.exceptions,
        name="staff_exceptions",
    ),
    path(
        "staff/consulting/exceptions/<int:pk>/remove/",
        staff_hours.remove_exception,
        name="staff_exception_remove",
    ),
]
