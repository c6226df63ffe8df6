"""Sentences of allauth that our catalogue says better.

Its Persian mixes «تو» with «شما» and has slips. What people can meet is translated anew
in locale/fa, which Django asks before allauth's own; named here, it stays in there.
"""

from django.utils.translation import gettext_noop as _

SENTENCES = (
    _("This account is currently inactive."),
    _("The phone number and/or password you specified are not correct."),
    _("Please type your current password."),
    _("Incorrect code."),
    _("Incorrect password."),
    _("Invalid login."),
    _("Too many failed login attempts. Try again later."),
    _("A user is already registered with this phone number."),
    _("The phone number is not assigned to any user account."),
    _("The new value must be different from the current one."),
    _("Be patient, you are sending too many requests."),
    _("You must type the same password each time."),
    _("Use your password"),
    _("Use authenticator app or code"),
    _("Forgot your password?"),
    _("Remember Me"),
    _("Login"),
    _("Current Password"),
    _("New Password"),
    _("New Password (again)"),
    _("You have signed out."),
    _("Successfully signed in as %(name)s."),
    _("A sign-in code has been sent to %(recipient)s."),
    _("You cannot deactivate two-factor authentication."),
    _("Authenticator code"),
    _("Authenticator app activated."),
    _("Authenticator app deactivated."),
    _("A new set of recovery codes has been generated."),
    _("Two-Factor Authentication"),
)
