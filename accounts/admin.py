"""The admin shows people to superusers; changes go through the services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import Consent, Firm, Person, RoleGrant, TeachingProfile, User


def sign_in_first(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """The admin has no door of its own: visitors sign in, others find nothing."""
    if request.user.is_authenticated:
        raise Http404
    target = request.GET.get("next") or reverse("admin:index")
    return redirect_to_login(target, login_url=reverse("accounts:staff_sign_in"))


admin.site.login = sign_in_first  # type: ignore[method-assign]


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows to look at; every change has a service and a page of its own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("pk", "is_active", "is_staff", "created_at", "last_login")
    list_filter = ("is_active", "is_staff")
    fields = (
        "phone",
        "email",
        "phone_verified_at",
        "is_active",
        "is_staff",
        "is_superuser",
        "created_at",
        "last_login",
    )


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    list_display = ("pk", "language", "firm", "created_at", "erased_at")
    search_fields = ("search_key", "contact_phone")
    raw_id_fields = ("user", "managed_by", "firm")


@admin.register(RoleGrant)
class RoleGrantAdmin(ReadOnlyAdmin):
    list_display = ("user", "role")
    list_filter = ("role",)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("person_id", "kind", "is_given", "given_at")
    list_filter = ("kind", "is_given")


@admin.register(Firm)
class FirmAdmin(admin.ModelAdmin):
    list_display = ("name", "size_class", "is_cluster_member")
    search_fields = ("search_key",)


@admin.register(TeachingProfile)
class TeachingProfileAdmin(admin.ModelAdmin):
    list_display = ("person", "teaches", "consults")
    raw_id_fields = ("person",)
