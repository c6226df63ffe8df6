"""How gunicorn serves the site: `gunicorn -c config/gunicorn.py config.wsgi`."""

from __future__ import annotations

import os
import re
from typing import Any

from gunicorn.glogging import Logger

# A long unbroken part of a path is a secret that opens something (core.links).
SECRETS = re.compile(r"(?<=/)(?:[0-9A-Za-z_]{16,}|[0-9a-f-]{36})(?=[./?\s]|$)")
WEBHOOKS = re.compile(r"/webhooks/[^\s?]+")
QUERY = re.compile(r"\?\S*")


def masked(line: str) -> str:
    """A request line or referrer without secrets in its path, and without query."""
    return SECRETS.sub("…", WEBHOOKS.sub("/webhooks/…", QUERY.sub("", line)))


class MaskingLogger(Logger):
    """An access log that cannot be used to sign in or to read a calendar."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> Any:
        """The parts of an access line, masked."""
        parts = super().atoms(resp, req, environ, request_time)
        for name in ("r", "U", "f"):
            parts[name] = masked(str(parts[name]))
        parts["q"] = ""
        return parts


bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "2"))
# Threads keep a connection for reuse; the embedded database wants few writers.
worker_class = "gthread"
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
preload_app = False
accesslog = "-"
access_log_format = '%(t)s "%(r)s" %(s)s %(b)s %(M)sms'
logger_class = MaskingLogger
timeout = 30
graceful_timeout = 20
max_requests = 5000
# Processes that began together must not be renewed together: nobody would answer.
max_requests_jitter = 5000
