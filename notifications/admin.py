"""Messages for superusers to look at; everything is written by services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import (
    ChannelState,
    FeedToken,
    InboundMessage,
    OptOut,
    OutboxMessage,
    TextVersion,
)


class ReadOnlyAdmin(admin.ModelAdmin):
    """A table without buttons."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "kind",
        "channel",
        "recipient",
        "state",
        "due_at",
        "attempts",
        "gateway",
        "error_code",
        "parts",
        "cost",
    )
    list_filter = ("state", "channel", "kind", "gateway")
    search_fields = ("recipient", "dedupe_key", "gateway_id")
    date_hierarchy = "created_at"
    exclude = ("variables", "lease_token")
    show_full_result_count = False


@admin.register(InboundMessage)
class InboundMessageAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "gateway", "sender", "meaning", "state", "outcome")
    list_filter = ("state", "meaning", "gateway")
    search_fields = ("sender",)


@admin.register(OptOut)
class OptOutAdmin(ReadOnlyAdmin):
    list_display = ("recipient", "purpose", "created_at")
    search_fields = ("recipient",)


@admin.register(ChannelState)
class ChannelStateAdmin(ReadOnlyAdmin):
    list_display = ("gateway", "paused_until", "reason")


@admin.register(FeedToken)
class FeedTokenAdmin(ReadOnlyAdmin):
    list_display = ("subject_kind", "subject_id", "created_at", "revoked_at")
    exclude = ("nonce", "token_digest")


@admin.register(TextVersion)
class TextVersionAdmin(ReadOnlyAdmin):
    list_display = ("kind", "language", "number", "written_by", "written_at")
    list_filter = ("language", "kind")
