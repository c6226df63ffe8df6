"""One's own pages: the name at the first visit, «is it you?», the profile."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import hooks, services
from accounts.access import (
    DECLINED,
    person_of,
    person_required,
    safe_next,
    signed_in,
    way_through_name,
    with_next,
)
from accounts.exceptions import AccountsError
from accounts.forms import ClaimForm, NameForm, ProfileForm
from accounts.models import Firm, Person, User
from accounts.views.second_factor import may_use
from core.middleware import remember_language


@never_cache
@login_required
def name(request: HttpRequest) -> HttpResponse:
    """The first visit's one question, then on to where the person was going."""
    user, target = signed_in(request), safe_next(request)
    if person_of(user) is not None:
        return redirect(target)
    is_claimable = Person.objects.unlinked_with_phone(user.phone).exists()
    if is_claimable and not request.session.get(DECLINED):
        return redirect(with_next(reverse("accounts:claim"), target))
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.sign_up_person(
            user=user,
            name=form.cleaned_data["name"],
            language=translation.get_language() or settings.LANGUAGE_CODE,
            now=timezone.now(),
        )
        return _go_on(request, user, target)
    return render(request, "accounts/name.html", {"form": form, "next": target})


def _go_on(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """To where they were going; what they came for is done in this POST."""
    # The request remembers that this user had no person.
    user.refresh_from_db()
    for refusal in hooks.take_up(user, target, timezone.now()):
        messages.error(request, refusal)
    return redirect(target)


@never_cache
@login_required
def claim(request: HttpRequest) -> HttpResponse:
    """«Is it you?»: nobody is joined to a record without saying yes."""
    user, target = signed_in(request), safe_next(request)
    persons = list(Person.objects.unlinked_with_phone(user.phone).order_by("pk"))
    if person_of(user) is not None:
        return redirect(target)
    if not persons:
        return redirect(way_through_name(target))
    form = ClaimForm(request.POST or None, persons=persons)
    if request.method == "POST" and form.is_valid():
        answer = _answer_claim(request, user, form, target)
        if answer is not None:
            return answer
    return render(request, "accounts/claim.html", {"form": form, "next": target})


def _answer_claim(
    request: HttpRequest, user: User, form: ClaimForm, target: str
) -> HttpResponse | None:
    """Where the answer leads; None when the record was taken meanwhile."""
    person = form.claimed
    if person is None:
        request.session[DECLINED] = True
        return redirect(way_through_name(target))
    try:
        services.link_person(user=user, person=person, now=timezone.now())
    except AccountsError as error:
        form.add_error(None, str(error))
        return None
    return _go_on(request, user, target)


@never_cache
@person_required
def me(request: HttpRequest) -> HttpResponse:
    """Name, language, what is sent, and the optional facts."""
    user = signed_in(request)
    person = person_of(user)
    assert person is not None  # noqa: S101 (narrows after person_required)
    form = ProfileForm(request.POST or None, initial=ProfileForm.initial_of(person))
    if request.method == "POST" and form.is_valid():
        _save_profile(user, person, dict(form.cleaned_data))
        with translation.override(form.cleaned_data["language"]):
            messages.success(request, _("Your details were saved."))
        response = redirect("accounts:me")
        remember_language(response, form.cleaned_data["language"])
        return response
    return render(request, "accounts/me.html", _me_context(user, person, form))


def _me_context(user: User, person: Person, form: ProfileForm) -> dict[str, Any]:
    factors = Authenticator.objects.filter(user=user).values_list("type", flat=True)
    return {
        "form": form,
        "person": person,
        "others": Person.objects.filter(managed_by=user, erased_at=None),
        "may_use_second_factor": may_use(user),
        "factors": set(factors),
    }


def _save_profile(user: User, person: Person, data: dict[str, Any]) -> None:
    firm_name = data.pop("firm_name")
    firm: Firm | None = None
    if firm_name:
        firm = services.find_or_create_firm(name=firm_name)
    services.update_profile(
        person=person, by=user, firm=firm, now=timezone.now(), **data
    )
