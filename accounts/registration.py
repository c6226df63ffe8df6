"""What this app hands to the foundation at start-up."""

from accounts import messages, services
from accounts.models import Person, TeachingProfile
from core.pages.stamps import register_stamped
from core.registry import register_personal_data, register_tick


def register() -> None:
    """Called once, at start-up."""
    messages.register_kinds()
    register_tick("accounts.stubs", services.delete_stubs, every_seconds=3600)
    register_personal_data("accounts.User", ("phone", "email"), "signing in")
    register_personal_data(
        "accounts.Person",
        (
            "name",
            "search_key",
            "contact_phone",
            "email",
            "firm",
            "birth_year",
            "gender",
            "job",
        ),
        "knowing and reaching those who attend",
    )
    register_personal_data(
        "accounts.TeachingProfile",
        ("name_en", "bio_fa", "bio_en"),
        "telling the public who teaches",
    )
    register_personal_data(
        "accounts.Consent", ("person", "given_by"), "proof of what was agreed"
    )
    register_stamped(TeachingProfile)
    register_stamped(
        Person,
        "name",
        only="EXISTS (SELECT 1 FROM accounts_teachingprofile AS t"
        " WHERE t.person_id = NEW.id)",
    )
