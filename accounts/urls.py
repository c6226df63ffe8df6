"""Addresses of signing in and of one's own data."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
