"""Secrets for links that act without a sign-in.

The secret is derived, not stored: the sender can write it into a message at the last
moment, while the database holds only its digest and gives nothing away.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings

# Crockford's alphabet: no i, l, o, u, so that it can be read aloud and typed.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16  # 5 bits each: 80 bits


def secret_for(purpose: str, subject_id: int, nonce: str) -> str:
    """The link secret of one subject; a new nonce makes the old link worthless."""
    message = f"{purpose}:{subject_id}:{nonce}".encode()
    raw = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    number = int.from_bytes(raw)
    return "".join(ALPHABET[number >> 5 * i & 31] for i in range(LENGTH))


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.strip().lower().encode()).hexdigest()
