"""Fields that a database dump does not give away."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


def _fernet() -> MultiFernet:
    """The keys of DATA_KEYS, newest first; development derives one of SECRET_KEY."""
    keys = settings.DATA_KEYS or [
        base64.urlsafe_b64encode(
            hashlib.sha256(b"data:" + settings.SECRET_KEY.encode()).digest()
        )
    ]
    return MultiFernet([Fernet(key) for key in keys])


class SealedJSONField(models.TextField):
    """JSON that is encrypted at rest; empty text stands for no value."""

    def from_db_value(self, value: str | None, *_args: object) -> Any:
        if not value:
            return None
        try:
            return json.loads(_fernet().decrypt(value.encode()))
        except InvalidToken:
            # The key is gone: the message can no longer be written, which its owner
            # treats like an empty one.
            return None

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str:
        if value is None or value == "":
            return ""
        return _fernet().encrypt(json.dumps(value).encode()).decode()
