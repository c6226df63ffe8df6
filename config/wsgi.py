"""The WSGI door that gunicorn opens."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# Needs the apps, which exist only from here on.
from desk.checks import refuse_demo_accounts  # noqa: E402

refuse_demo_accounts()
