"""Addresses of this app's pages."""

from __future__ import annotations

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("calendar/<slug:secret>.ics", views.feed, name="feed"),
    path("webhooks/twilio/status", views.twilio_status, name="twilio_status"),
    path("dev/outbox/", views.development_outbox, name="development_outbox"),
]
