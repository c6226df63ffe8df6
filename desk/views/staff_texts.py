"""The texts of messages: finding, writing with a preview, going back."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import has_role
from core.languages import Language
from desk.forms.texts import TextFilterForm, TextForm
from desk.messages import kind_name
from desk.roles import PLANNERS, planners_only, staff_only
from desk.staffpage import posted, staff_page
from desk.text_preview import Preview, previews, ways_of
from desk.texts import (
    groups,
    history,
    texts_of,
    values_of,
    when_sent,
    who_wrote,
)
from desk.views.staff_runs import user_of
from notifications import kinds, spending
from notifications.exceptions import NotificationsError
from notifications.kinds import MessageKind
from notifications.text_models import Piece, TextVersion
from notifications.texts import go_back, write_texts
from persian.text import to_reader_digits


@dataclass(frozen=True)
class Pair:
    """One text of a message in both languages beside each other."""

    piece: Piece
    ways: list[str]
    fields: list[tuple[BoundField, Preview]]


@require_GET
@staff_only
def text_list(request: HttpRequest) -> HttpResponse:
    """Every kind of message by purpose, with when it is sent."""
    form = TextFilterForm(request.GET)
    query, only_own = form.wanted()
    context = {"form": form, "groups": groups(query, only_own=only_own)}
    return staff_page(request, "desk/staff/texts.html", context)


@require_http_methods(["GET", "POST"])
@staff_only
def text_page(request: HttpRequest, name: str) -> HttpResponse:
    """The texts of one kind in both languages; planners write them."""
    kind = _kind(name)
    can_write = has_role(request.user, *PLANNERS)
    if request.method == "POST" and not can_write:
        raise Http404
    typed = posted(request)
    forms = _forms(kind, typed, can_write=can_write)
    if typed is None or typed.get("act") == "preview":
        return _page(request, kind, forms)
    # Not all(): both languages say what is wrong.
    if not [form for form in forms if not form.is_valid()]:
        return _save(request, kind, forms)
    return _page(request, kind, forms)


def _kind(name: str) -> MessageKind:
    try:
        return kinds.get(name)
    except LookupError as error:
        raise Http404 from error


def _forms(
    kind: MessageKind, typed: QueryDict | None, *, can_write: bool = True
) -> list[TextForm]:
    return [TextForm(kind, one, typed, can_write=can_write) for one in Language]


def _save(
    request: HttpRequest, kind: MessageKind, forms: list[TextForm]
) -> HttpResponse:
    try:
        written = write_texts(
            kind=kind.name,
            drafts=[form.draft() for form in forms],
            by=user_of(request).pk,
            now=timezone.now(),
        )
    except NotificationsError as error:
        messages.error(request, str(error))
        # What the other one wrote is shown now; saving once more is a decision.
        return _page(request, kind, _forms(kind, request.POST), has_seen=True)
    _tell_saved(request, written)
    return redirect("desk:staff_text", name=kind.name)


def _tell_saved(request: HttpRequest, written: list[TextVersion]) -> None:
    if not written:
        messages.info(request, _("Nothing was changed."))
    for version in written:
        words = _("%(language)s: version %(number)s holds from now on.") % {
            "language": Language(version.language).label,
            "number": to_reader_digits(str(version.number)),
        }
        messages.success(request, words)


def _page(
    request: HttpRequest,
    kind: MessageKind,
    forms: list[TextForm],
    *,
    has_seen: bool = False,
) -> HttpResponse:
    """The page, or the previews alone; `has_seen`: what overtook it is on the page."""
    price = spending.part_rial(timezone.now())
    shown = [
        previews(kind, form.language, form.typed(), part_rial=price) for form in forms
    ]
    if request.headers.get("HX-Request"):
        given = {"previews": [p for of in shown for p in of.values()]}
        return render(request, "desk/staff/_text_previews.html", given)
    context = {
        "kind": kind,
        "title": kind_name(kind.name),
        "when": when_sent(kind.name),
        "values": values_of(kind),
        "forms": forms,
        "bases": [
            (form, form.newest_number if has_seen else form.base_number)
            for form in forms
        ],
        "own": [f for f in forms if f.newest and not f.newest.is_default],
        "overtaken": [
            (form, who_wrote(form.newest), texts_of(form.newest))
            for form in forms
            if form.newest and form.is_behind
        ],
        "pairs": _pairs(kind, forms, shown),
        "history": history(kind.name),
    }
    return staff_page(request, "desk/staff/text.html", context)


def _pairs(
    kind: MessageKind, forms: list[TextForm], shown: list[dict[str, Preview]]
) -> list[Pair]:
    return [
        Pair(
            piece=Piece(piece),
            ways=ways_of(kind, piece),
            fields=[
                (form[piece], of[piece]) for form, of in zip(forms, shown, strict=True)
            ],
        )
        for piece in shown[0]
    ]


@require_POST
@planners_only
def text_back(request: HttpRequest, name: str) -> HttpResponse:
    """Let an earlier version hold again, or the standard texts."""
    kind = _kind(name)
    language = request.POST.get("language", Language.PERSIAN)
    numbers = [request.POST.get(field, "0") for field in ("number", "base")]
    if language not in Language.values or not all(map(_is_number, numbers)):
        raise Http404
    number, base = map(int, numbers)
    try:
        version = go_back(
            kind=kind.name,
            language=language,
            number=number,
            base=base,
            by=user_of(request).pk,
            now=timezone.now(),
        )
    except TextVersion.DoesNotExist as error:
        raise Http404 from error
    except NotificationsError as error:
        messages.error(request, str(error))
    else:
        _tell_saved(request, [version] if version else [])
    return redirect("desk:staff_text", name=kind.name)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9
