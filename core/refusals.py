"""What a service refuses, said where the reader looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest

from core.exceptions import HidajError

Fields = Mapping[str, str] | str | None


@contextmanager
def refusals_in(form: BaseForm, fields: Fields = None) -> Iterator[None]:
    """Put what the block is refused into the form; the view goes on behind the block.

    `fields` names the field that is to blame: for every refusal, or by its code. A
    refusal without a field stands above the form.
    """
    try:
        yield
    except HidajError as error:
        field = fields.get(error.code) if isinstance(fields, Mapping) else fields
        form.add_error(field, str(error))


@contextmanager
def refusals_said(request: HttpRequest) -> Iterator[None]:
    """Say what the block is refused at the top of the next page."""
    try:
        yield
    except HidajError as error:
        messages.error(request, str(error))
