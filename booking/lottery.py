"""The arithmetic of a draw, which anybody can repeat: plain Python, no database.

A draw is honest when nobody could choose its result. The centre commits itself to a
random seed before applications open, by publishing its SHA-256. When they close, the
list of application numbers is fixed and its digest is published. The order then
follows from the seed, the digest and each number alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256


def _sha256(text: str) -> str:
    return sha256(text.encode("ascii")).hexdigest()


def commitment_of(seed: str) -> str:
    """What is published of a seed before applications open."""
    return _sha256(seed)


def digest_of(numbers: Iterable[int]) -> str:
    """What is published of the application numbers when applications close.

    The SHA-256 of the numbers in ascending order, in decimal, one a line.
    """
    return _sha256("\n".join(str(number) for number in sorted(numbers)))


def order_of(seed: str, digest: str, numbers: Iterable[int]) -> list[int]:
    """The application numbers in the order in which they are served.

    Ascending by the SHA-256 of `seed:digest:number`.
    """
    return sorted(numbers, key=lambda number: _sha256(f"{seed}:{digest}:{number}"))


def faults_of(
    *, commitment: str, seed: str, digest: str, order: Iterable[int]
) -> list[str]:
    """What does not hold of a published result; empty when all of it does."""
    order = list(order)
    faults = []
    if commitment_of(seed) != commitment:
        faults.append("the seed is not the one that was committed to")
    if digest_of(order) != digest:
        faults.append("the list of applications is not the one that was closed")
    if order_of(seed, digest, order) != order:
        faults.append("the order does not follow from the seed and the list")
    return faults
