"""The site's map: each app's own urls, and the pages that belong to none."""

from django.contrib import admin
from django.urls import include, path

from core import views as core_views

urlpatterns = [
    path("livez", core_views.livez, name="livez"),
    path("readyz", core_views.readyz, name="readyz"),
    path("healthz", core_views.healthz, name="healthz"),
    path("accounts/", include("accounts.urls")),
    path("", include("consulting.urls")),
    path("", include("notifications.urls")),
    path("", include("courses.urls")),
    path("", include("desk.urls")),
    path("admin/", admin.site.urls),
]

handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
