"""What every staff page is given besides its own rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from accounts.access import has_role
from desk.roles import PLANNERS


def staff_page(
    request: HttpRequest, template: str, context: Mapping[str, Any]
) -> HttpResponse:
    """Draw a staff page; `is_planner` decides which buttons it shows."""
    is_planner = has_role(request.user, *PLANNERS)
    return render(request, template, {"is_planner": is_planner, **context})


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the data of a POST, even of an empty one."""
    return request.POST if request.method == "POST" else None
