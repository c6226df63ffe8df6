"""The drawn cover of a course: pieces of a pattern on the cutting mat.

Drawn from what the course is, so that every course has one and the same course always
the same: as many pieces as its level is high, as many ticks on the ruler as it has
class sessions, the kind and turn of the pieces from its address.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

WIDTH, HEIGHT = 320, 84
MOST_TICKS = 30
LEVELS = ("intro", "mid", "adv")

# Outlines within 100 by 60, with the notches that stitchers go by.
LAST = "M8 50C5 32 13 13 24 9c9-2 12 7 22 14 13 8 30 9 43 16 7 4 8 14-2 15H14q-5 0-6-4z"
SOLE = "M6 34c0-15 20-22 42-17s46-9 50 11-16 24-40 17S6 52 6 34z"
VAMP = "M6 52C12 22 34 6 50 6s38 16 44 46c-14-8-28-11-44-11S20 44 6 52z"
QUARTER = "M8 53l8-40C28 5 50 5 58 18l35 14c4 8 4 15 0 21z"
COUNTER = "M12 54C8 30 20 8 50 8s42 22 38 46c-16-6-60-6-76 0z"
TONGUE = "M34 7c9-5 23-5 32 0l9 44c-14 8-36 8-50 0z"
OUTLINES = (LAST, SOLE, VAMP, QUARTER, COUNTER, TONGUE)
# So far from one piece to the next in the row above, that no three are alike.
STEPS = (1, 2, 4, 5)


@dataclass(frozen=True)
class Piece:
    """One outline, and where it lies: an SVG transform."""

    outline: str
    place: str


@dataclass(frozen=True)
class Cover:
    """What the template draws: the pieces, and the ticks of the ruler below them."""

    pieces: tuple[Piece, ...]
    ruler: str
    size: str = f"0 0 {WIDTH} {HEIGHT}"


@lru_cache(maxsize=512)
def draw_cover(slug: str, level: str, sessions: int) -> Cover:
    """The cover of the course with this address, level and number of class sessions."""
    # Any even spread does; nothing secret hangs on it.
    numbers = hashlib.sha256(slug.encode()).digest()
    count = LEVELS.index(level) + 1 if level in LEVELS else 1
    first, step = numbers[0], STEPS[numbers[31] % len(STEPS)]
    chosen = [OUTLINES[(first + n * step) % len(OUTLINES)] for n in range(count)]
    pieces = (_piece(one, numbers[n * 3 + 1 :], n) for n, one in enumerate(chosen))
    return Cover(tuple(pieces), _ruler(min(sessions, MOST_TICKS)))


def _piece(outline: str, numbers: bytes, place: int) -> Piece:
    """Lay an outline down: a little turned, and sometimes seen from its other side."""
    turn = numbers[0] % 25 - 12
    across = WIDTH - 112 - place * 98 - numbers[1] % 8
    side = -1 if numbers[2] % 2 else 1
    return Piece(outline, f"translate({across + 50} 35) rotate({turn}) scale({side} 1)")


def _ruler(ticks: int) -> str:
    """A line with so many ticks, every fifth a long one."""
    step = (WIDTH - 24) // max(ticks, 10)
    end = WIDTH - 12
    places = (end - n * step for n in range(ticks + 1))
    lines = (f"M{x} 80v-{11 if n % 5 == 0 else 6}" for n, x in enumerate(places))
    return f"M{end} 80H{end - ticks * step}" + "".join(lines)
