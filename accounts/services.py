"""Every write about users, persons and firms that has a rule."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
import uuid

from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts import messages
from accounts.exceptions import AccountsError
from accounts.models import Consent, ConsentKind, Firm, Person, Role, RoleGrant, User
from core.transactions import atomic_retrying
from notifications.models import Purpose
from notifications.optouts import opt_in
from notifications.services import enqueue
from persian.text import clean, search_key

STUB_LIFE = dt.timedelta(hours=24)


@atomic_retrying
def find_or_create_user(*, phone: str, now: dt.datetime) -> User:
    """The sign-in of this E.164 number; a new one holds nothing but the number."""
    user = User.objects.filter(phone=phone).first()
    if user is not None:
        return user
    try:
        with transaction.atomic():
            return User.objects.create_user(phone, created_at=now)
    except IntegrityError:
        return User.objects.get(phone=phone)


def delete_stubs(now: dt.datetime) -> int:
    """Delete sign-ins that were asked for and never proved, after a day."""
    stubs = User.objects.filter(
        phone_verified_at=None,
        created_at__lt=now - STUB_LIFE,
        last_login=None,
        password__startswith="!",  # noqa: S106 (no usable password)
        person=None,
        managed_persons=None,
        role_grants=None,
        is_staff=False,
        is_superuser=False,
    )
    return sum(_delete_unless_used(stub) for stub in stubs)


def _delete_unless_used(stub: User) -> bool:
    try:
        stub.delete()
    except ProtectedError:
        return False
    return True


@atomic_retrying
def mark_phone_verified(*, user: User, now: dt.datetime) -> None:
    """Write down that the user typed a code that came to their number."""
    if user.phone_verified_at is None:
        user.phone_verified_at = now
        user.save(update_fields=["phone_verified_at"])


@atomic_retrying
def sign_up_person(*, user: User, name: str, language: str, now: dt.datetime) -> Person:
    """Make the user's own person and keep their consent to it.

    A second call, from a double tap, gives the person that is there.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    person = Person.objects.filter(user=locked).first()
    if person is None:
        person = Person.objects.create(
            name=clean(name),
            contact_phone=locked.phone,
            language=language,
            user=locked,
            created_at=now,
        )
        record_consent(
            person=person, kind=ConsentKind.BOOKING, given_by=locked, now=now
        )
    return person


@atomic_retrying
def link_person(*, user: User, person: Person, now: dt.datetime) -> Person:
    """Make a person who was registered by others the user's own, after their «yes».

    Whoever managed the person no longer does; what they booked stays theirs to see.

    Raises AccountsError when the numbers differ or either side is taken.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    found = (
        Person.objects.select_for_update()
        .unlinked_with_phone(locked.phone)
        .filter(pk=person.pk)
        .first()
    )
    if found is None or Person.objects.filter(user=locked).exists():
        raise AccountsError(
            _("This record cannot be joined to your sign-in. Please call us."),
            code="cannot_link",
        )
    found.user = locked
    found.managed_by = None
    found.save(update_fields=["user", "managed_by"])
    record_consent(person=found, kind=ConsentKind.BOOKING, given_by=locked, now=now)
    return found


@atomic_retrying
def add_managed_person(
    *, by: User, name: str, phone: str = "", language: str = "", now: dt.datetime
) -> Person:
    """The person whom a booker registers: a known one again, or a new one.

    Known is one with this name and number whom the booker manages, the booker
    themselves, or somebody with a sign-in of their own. Without a phone the booker's
    number serves. `language` is the booker's when empty. Texts go to the person.
    """
    number = phone or by.phone
    booker = User.objects.select_for_update().get(pk=by.pk)
    person = _known_person(booker, name, number)
    if person is not None:
        return person
    return Person.objects.create(
        name=clean(name),
        contact_phone=number,
        language=language or _language_of(booker),
        managed_by=booker,
        created_at=now,
    )


def _known_person(by: User, name: str, phone: str) -> Person | None:
    same = Person.objects.filter(
        search_key=search_key(name), contact_phone=phone, erased_at=None
    ).order_by("pk")
    return (
        same.filter(user=by).first()
        or same.filter(managed_by=by).first()
        or same.filter(user__isnull=False).first()
    )


def _language_of(user: User) -> str:
    own = Person.objects.filter(user=user).values_list("language", flat=True).first()
    return own or "fa"


@atomic_retrying
def update_profile(
    *,
    person: Person,
    by: User,
    name: str,
    language: str,
    email: str = "",
    wants_reminders: bool = True,
    wants_news: bool = False,
    wants_invitations: bool = False,
    birth_year: int | None = None,
    gender: str = "",
    job: str = "",
    firm: Firm | None = None,
    now: dt.datetime,
) -> Person:
    """Change what a person told about themselves; a change about news is a consent.

    `birth_year` is Jalali. Wanting reminders or news again lifts an earlier «stop».
    """
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if locked.wants_news != wants_news:
        record_consent(
            person=locked,
            kind=ConsentKind.NEWS,
            given_by=by,
            is_given=wants_news,
            now=now,
        )
    _lift_opt_outs(locked, wants_reminders, wants_news)
    locked.name, locked.language, locked.email = clean(name), language, email
    locked.wants_reminders, locked.wants_news = wants_reminders, wants_news
    locked.wants_invitations = wants_invitations
    locked.birth_year, locked.gender, locked.job = birth_year, gender, clean(job)
    locked.firm = firm
    locked.save()
    return locked


def _lift_opt_outs(person: Person, wants_reminders: bool, wants_news: bool) -> None:
    """Only a choice that was changed just now speaks against an earlier «stop»."""
    if not person.contact_phone:
        return
    if wants_reminders and not person.wants_reminders:
        opt_in(recipient=person.contact_phone, purpose=Purpose.REMINDER)
    if wants_news and not person.wants_news:
        opt_in(recipient=person.contact_phone, purpose=Purpose.NEWS)


@atomic_retrying
def record_consent(
    *,
    person: Person,
    kind: str,
    given_by: User,
    is_given: bool = True,
    now: dt.datetime,
) -> Consent:
    """Write what a person agreed to or took back, and who said so."""
    return Consent.objects.create(
        person=person,
        kind=kind,
        is_given=is_given,
        given_by=given_by,
        given_at=now,
    )


@atomic_retrying
def find_or_create_firm(*, name: str) -> Firm:
    """The firm of this name, whatever its spelling; a new one when unknown."""
    text = clean(name)
    if not search_key(text):
        raise AccountsError(_("Write the name of the workshop."), code="no_name")
    firm = Firm.objects.filter(search_key=search_key(text)).first()
    if firm is not None:
        return firm
    try:
        with transaction.atomic():
            return Firm.objects.create(name=text)
    except IntegrityError:
        return Firm.objects.get(search_key=search_key(text))


@atomic_retrying
def grant_role(*, user: User, role: str, now: dt.datetime) -> RoleGrant:
    """Let a user do what this role does; a second time changes nothing."""
    grant, _is_new = RoleGrant.objects.get_or_create(user=user, role=Role(role))
    _forget_roles(user)
    return grant


@atomic_retrying
def revoke_role(*, user: User, role: str, now: dt.datetime) -> None:
    """Take a role away; it holds from the user's next page on."""
    RoleGrant.objects.filter(user=user, role=Role(role)).delete()
    _forget_roles(user)


def _forget_roles(user: User) -> None:
    with contextlib.suppress(AttributeError):
        del user.roles


@atomic_retrying
def change_phone(*, user: User, phone: str, now: dt.datetime) -> User:
    """Move a sign-in to another number that was proved; both numbers are told.

    A number whose sign-in was never used by anybody gives way.

    Raises AccountsError when another person signs in with it.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    old = locked.phone
    if old == phone:
        return locked
    _free_number(phone)
    locked.phone, locked.phone_verified_at = phone, now
    locked.save(update_fields=["phone", "phone_verified_at"])
    Person.objects.filter(user=locked, contact_phone=old).update(contact_phone=phone)
    change_id = uuid.uuid4()
    for side, number in (("old", old), ("new", phone)):
        enqueue(
            kind=messages.PHONE_CHANGED,
            subject_kind="user",
            subject_id=locked.pk,
            channel="sms",
            recipient=number,
            language=_language_of(locked),
            dedupe_key=f"{messages.PHONE_CHANGED}:{change_id}:{side}",
            due_at=now,
            expires_at=now + dt.timedelta(days=2),
            now=now,
        )
    return locked


def _free_number(phone: str) -> None:
    holder = User.objects.select_for_update().filter(phone=phone).first()
    if holder is None:
        return
    is_stub = not (
        holder.last_login
        or holder.phone_verified_at
        or holder.roles
        or holder.is_staff
        or Person.objects.of_user(holder).exists()
    )
    if not is_stub:
        raise AccountsError(
            _("Somebody already signs in with this number. Please call us."),
            code="number_taken",
        )
    holder.delete()


@atomic_retrying
def activate_totp(*, user: User, secret: str) -> None:
    """Give a user this TOTP secret (base32) as second factor, in place of another."""
    Authenticator.objects.update_or_create(
        user=user,
        type=Authenticator.Type.TOTP,
        defaults={"data": {"secret": get_mfa_adapter().encrypt(secret)}},
    )


@atomic_retrying
def create_staff(
    *, phone: str, name: str, role: str, password: str = "", now: dt.datetime
) -> tuple[User, str]:
    """A user with a role and a second factor, new or used again.

    Returns the user and their TOTP secret; "" when they already had one. An empty
    password leaves an old one as it is.
    """
    user = find_or_create_user(phone=phone, now=now)
    if password:
        user.set_password(password)
        user.save(update_fields=["password"])
    if not Person.objects.filter(user=user).exists():
        Person.objects.create(
            name=clean(name), contact_phone=phone, user=user, created_at=now
        )
    grant_role(user=user, role=role, now=now)
    if get_mfa_adapter().is_mfa_enabled(user, [Authenticator.Type.TOTP]):
        return user, ""
    secret = new_totp_secret()
    activate_totp(user=user, secret=secret)
    return user, secret


def new_totp_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "".join(secrets.choice(alphabet) for _ in range(32))
