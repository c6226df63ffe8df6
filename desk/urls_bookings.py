"""Addresses of what people booked, for themselves."""

from __future__ import annotations

from django.urls import path

from desk.views import bookings, calendar, find, late, places

urlpatterns = [
    path("bookings/", bookings.my_bookings, name="my_bookings"),
    path("bookings/find/", find.find, name="find_booking"),
    path("bookings/find/code/", find.find_code, name="find_code"),
    path("bookings/<slug:reference>/", bookings.booking, name="booking"),
    path(
        "bookings/<slug:reference>/cancel/<int:pk>/",
        bookings.cancel,
        name="cancel_booking",
    ),
    path(
        "bookings/<slug:reference>/name/<int:pk>/", places.name_place, name="name_place"
    ),
    path(
        "bookings/<slug:reference>/move/<int:pk>/", places.move_place, name="move_place"
    ),
    path("bookings/<slug:reference>/move/", places.move_place, name="move_party"),
    path("bookings/<slug:reference>/cancel/", places.cancel_all, name="cancel_party"),
    path("bookings/<slug:reference>/late/<int:pk>/", late.late, name="say_late"),
    path("bookings/<slug:reference>/leave/", bookings.leave, name="leave_list"),
    path(
        "bookings/<slug:reference>/leave/<int:pk>/",
        bookings.leave_one,
        name="leave_alone",
    ),
    path(
        "bookings/<slug:reference>/offer/", bookings.answer_offer, name="answer_offer"
    ),
    path("bookings/<slug:reference>/resend/", bookings.resend, name="resend_booking"),
    path(
        "bookings/<slug:reference>/dates.ics", bookings.dates_file, name="booking_dates"
    ),
    path("calendar/", calendar.calendar, name="calendar"),
]
