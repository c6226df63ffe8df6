"""How allauth meets our users."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Phones and codes."""


class MFAAdapter(DefaultMFAAdapter):
    """The second factor of staff."""
