"""Users sign in; persons learn and attend; firms employ them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.compiled import KEY, Given, Select
from core.languages import Language
from persian.text import localized, search_key


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, phone: str, password: str | None = None, **fields: Any
    ) -> User:
        """A sign-in for one E.164 number; without a password only a code opens it."""
        user = self.model(phone=phone, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, phone: str, password: str, **fields: Any) -> User:
        """For `manage.py createsuperuser`."""
        fields |= {"is_staff": True, "is_superuser": True}
        return self.create_user(phone, password, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A sign-in: one phone number, proved by a code."""

    phone = models.CharField(_("mobile"), max_length=16, unique=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    is_staff = models.BooleanField(_("may open the admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "phone"
    EMAIL_FIELD = "email"

    objects = UserManager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        constraints = [
            models.CheckConstraint(
                condition=Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="user_phone_e164",
            )
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def get_session_auth_hash(self) -> str:
        """Changes with the password and with the phone: both end other sessions."""
        words = f"{super().get_session_auth_hash()}:{self.phone}"
        return salted_hmac("accounts.User.session", words).hexdigest()

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles granted to this user; read once for each loaded user."""
        return frozenset(ROLES(user=self.pk))


class Role(models.TextChoices):
    INSTRUCTOR = "instructor", _("Instructor")
    CONSULTANT = "consultant", _("Consultant")
    RECEPTION = "reception", _("Reception")
    PLANNER = "planner", _("Training planner")
    MANAGER = "manager", _("Manager")
    SPONSOR = "sponsor", _("Sponsor viewer")


class RoleGrant(models.Model):
    """What a user may do beyond booking for themselves."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("role"), max_length=12, choices=Role)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="rolegrant_once"),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="rolegrant_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


ROLES = Select(
    lambda: RoleGrant.objects.filter(user=Given("user", KEY)).values_list(
        "role", flat=True
    )
)


class SizeClass(models.TextChoices):
    UNKNOWN = "unknown", _("Not told")
    MICRO = "micro", _("Micro (fewer than 10)")
    SMALL = "small", _("Small (10 to 49)")
    MEDIUM = "medium", _("Medium (50 to 150)")


class FirmQuerySet(models.QuerySet["Firm"]):
    def matching(self, text: str) -> FirmQuerySet:
        """Firms whose name holds the text, whatever its spelling."""
        return self.filter(search_key__contains=search_key(text))


class Firm(models.Model):
    """A workshop or company of the cluster."""

    name = models.CharField(_("name"), max_length=120)
    search_key = models.CharField(max_length=120, db_index=True, editable=False)
    size_class = models.CharField(
        _("size"), max_length=8, choices=SizeClass, default=SizeClass.UNKNOWN
    )
    staff_count = models.PositiveIntegerField(_("staff"), null=True, blank=True)
    product = models.CharField(_("product"), max_length=120, blank=True)
    is_cluster_member = models.BooleanField(_("cluster member"), default=False)
    is_exporting = models.BooleanField(_("exports"), default=False)
    is_women_led = models.BooleanField(_("led by women"), default=False)

    objects = FirmQuerySet.as_manager()

    class Meta:
        verbose_name = _("firm")
        verbose_name_plural = _("firms")
        constraints = [
            models.UniqueConstraint(fields=["search_key"], name="firm_name_once"),
            models.CheckConstraint(
                condition=Q(size_class__in=SizeClass.values), name="firm_size_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_key = search_key(self.name)
        super().save(*args, **kwargs)


class Gender(models.TextChoices):
    UNKNOWN = "", _("Not told")
    WOMAN = "f", _("Woman")
    MAN = "m", _("Man")


class PersonQuerySet(models.QuerySet["Person"]):
    def of_user(self, user: User) -> PersonQuerySet:
        """The user's own person and those that they manage."""
        return self.filter(Q(user=user) | Q(managed_by=user))

    def unlinked_with_phone(self, phone: str) -> PersonQuerySet:
        """Persons reached on this number who have no sign-in of their own."""
        return self.filter(contact_phone=phone, user=None, erased_at=None)

    def matching(self, text: str) -> PersonQuerySet:
        """Persons whose name holds the text, whatever its spelling."""
        return self.filter(search_key__contains=search_key(text))


class Person(models.Model):
    """Who learns, attends, teaches or advises; a phone may serve several persons."""

    name = models.CharField(_("name"), max_length=120)
    search_key = models.CharField(max_length=120, db_index=True, editable=False)
    contact_phone = models.CharField(_("mobile"), max_length=16, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=Language, default=Language.PERSIAN
    )
    user = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="person"
    )
    managed_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="managed_persons",
    )
    firm = models.ForeignKey(
        Firm, null=True, blank=True, on_delete=models.PROTECT, related_name="persons"
    )
    birth_year = models.PositiveSmallIntegerField(
        _("birth year (Jalali)"), null=True, blank=True
    )
    gender = models.CharField(
        _("gender"), max_length=1, choices=Gender, blank=True, default=Gender.UNKNOWN
    )
    job = models.CharField(_("job"), max_length=80, blank=True)
    wants_reminders = models.BooleanField(_("reminders by SMS"), default=True)
    wants_news = models.BooleanField(_("news by SMS"), default=False)
    wants_invitations = models.BooleanField(
        _("an invitation by e-mail for each class session"), default=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        constraints = [
            models.CheckConstraint(
                condition=Q(birth_year=None)
                | Q(birth_year__gte=1280, birth_year__lte=1480),
                name="person_birth_year_jalali",
            ),
            models.CheckConstraint(
                condition=Q(gender__in=Gender.values), name="person_gender_known"
            ),
            models.CheckConstraint(
                condition=Q(language__in=Language.values), name="person_language_known"
            ),
            models.CheckConstraint(
                condition=Q(contact_phone="")
                | Q(contact_phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="person_phone_e164",
            ),
        ]
        indexes = [models.Index(fields=["contact_phone"], name="person_contact_phone")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_key = search_key(self.name)
        super().save(*args, **kwargs)

    @property
    def public_name(self) -> str:
        """What the public reads of one who teaches, in the reader's language."""
        try:
            return self.teaching_profile.name
        except TeachingProfile.DoesNotExist:
            return self.name


class TeachingProfileQuerySet(models.QuerySet["TeachingProfile"]):
    def teaching(self) -> TeachingProfileQuerySet:
        """Those who can lead a course run."""
        return self.filter(teaches=True).select_related("person")


class TeachingProfile(models.Model):
    """What the public reads about an instructor or consultant."""

    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="teaching_profile"
    )
    teaches = models.BooleanField(_("teaches courses"), default=False)
    consults = models.BooleanField(_("gives consultations"), default=False)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    title_fa = models.CharField(_("title"), max_length=120, blank=True)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    bio_fa = models.TextField(_("about"), blank=True)
    bio_en = models.TextField(_("about in English"), blank=True)
    specialities_fa = models.JSONField(_("specialities"), default=list, blank=True)
    languages_fa = models.JSONField(_("languages"), default=list, blank=True)

    objects = TeachingProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("instructor or consultant")
        verbose_name_plural = _("instructors and consultants")
        constraints = [
            models.CheckConstraint(
                condition=Q(teaches=True) | Q(consults=True),
                name="teachingprofile_does_something",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The person's name in the reader's language."""
        names = {"name_fa": self.person.name, "name_en": self.name_en}
        return localized(names, "name")

    @property
    def title(self) -> str:
        return localized(self, "title")

    @property
    def bio(self) -> str:
        return localized(self, "bio")


class ConsentKind(models.TextChoices):
    BOOKING = "booking", _("Keeping and using my data for bookings")
    NEWS = "news", _("News by SMS")


class Consent(models.Model):
    """What a person agreed to, when, and who said so; a row is never changed."""

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="consents"
    )
    kind = models.CharField(max_length=12, choices=ConsentKind)
    is_given = models.BooleanField(default=True)
    text_version = models.PositiveSmallIntegerField(default=1)
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ConsentKind.values), name="consent_kind_known"
            )
        ]
