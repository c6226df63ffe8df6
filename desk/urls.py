"""Addresses of this app's pages."""

from __future__ import annotations

from django.urls import path

from desk import urls_bookings, urls_staff
from desk.views import design, home, machines, offline
from desk.views import help as help_views

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("help/", help_views.help_page, name="help"),
    path("dev/design/", design.design, name="design"),
    path("robots.txt", machines.robots, name="robots"),
    path("sw.js", offline.worker, name="worker"),
    path("offline/", offline.offline, name="offline"),
    path("phone/shared/", offline.share_phone, name="share_phone"),
    path("sitemap.xml", machines.sitemap, name="sitemap"),
    path("runs.atom", machines.feed, name="feed"),
    path("site.webmanifest", help_views.manifest, name="manifest"),
    *urls_bookings.urlpatterns,
    *urls_staff.urlpatterns,
]
