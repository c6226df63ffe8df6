"""`manage.py drain` with the kinds of the tests, for a process of its own."""

from __future__ import annotations

import django
from django.core.management import call_command


def main() -> None:
    """Set up the site, register the kinds, send what is due."""
    django.setup()
    # Models can be imported only after the set-up.
    from tests.notifications.conftest import Owner, register_kinds

    register_kinds(Owner())
    call_command("drain")


if __name__ == "__main__":
    main()
