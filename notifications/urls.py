"""Addresses of this app's pages."""

from __future__ import annotations

from django.urls import path

from notifications import views, webhooks

app_name = "notifications"
urlpatterns = [
    path("calendar/<slug:secret>.ics", views.feed, name="feed"),
    path("webhooks/twilio/status", webhooks.twilio_status, name="twilio_status"),
    path("webhooks/twilio/inbound", webhooks.twilio_inbound, name="twilio_inbound"),
    path(
        "webhooks/<slug:name>/<slug:secret>/inbound",
        webhooks.gateway_inbound,
        name="gateway_inbound",
    ),
    path(
        "webhooks/<slug:name>/<slug:secret>/status",
        webhooks.gateway_status,
        name="gateway_status",
    ),
    path("dev/answer/", views.development_answer, name="development_answer"),
    path("dev/outbox/", views.development_outbox, name="development_outbox"),
]
