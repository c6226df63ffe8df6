"""Addresses of this app's pages."""

from __future__ import annotations

from django.urls import path

from courses.views import booking, draws, offers, public

app_name = "courses"
urlpatterns = [
    path("courses/<slug:slug>/", public.course, name="course"),
    path("courses/<slug:slug>/notify/", public.notify, name="notify"),
    path("runs/<slug:code>/", public.run, name="run"),
    path("runs/<slug:code>/hold/", booking.hold, name="hold"),
    path("runs/<slug:code>/leave/", booking.leave, name="leave_hold"),
    path("runs/<slug:code>/book/", booking.book, name="book"),
    path("runs/<slug:code>/wait/", booking.wait, name="wait"),
    path("runs/<slug:code>/apply/", draws.apply, name="apply"),
    path("runs/<slug:code>/draw/", draws.draw, name="draw"),
    path("runs/<slug:code>/draw.txt", draws.draw_file, name="draw_file"),
    path("bookings/done/<str:reference>/", booking.done, name="done"),
    path(
        "bookings/<str:reference>/calendar.ics", booking.calendar_file, name="calendar"
    ),
    path("b/<str:reference>/", booking.short, name="short"),
    path("o/<str:secret>/", offers.offer, name="offer"),
    path("o/<str:secret>/accept/", offers.accept, name="accept_offer"),
    path("o/<str:secret>/decline/", offers.decline, name="decline_offer"),
]
