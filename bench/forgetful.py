"""The site itself, which forgets its kept pages before each request.

`gunicorn -c config/gunicorn.py bench.forgetful`; a page is then made again as after a
booking. With `X-Forget: texts` what it was made from is forgotten, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from config.wsgi import application as site
from core.pages import memory
from core.pages.kept import shelf


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer as the site does when nobody has asked before."""
    shelf.clear()
    if environ.get("HTTP_X_FORGET") == "texts":
        memory.forget()
    return site(environ, start_response)
