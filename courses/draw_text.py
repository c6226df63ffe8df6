"""The result of a draw as a plain text that anybody can keep, read and run.

It is English and ASCII, because it is also a program: `python3 draw-CODE.txt` prints
whether everything in it holds.
"""

from __future__ import annotations

from booking.messages import site_url
from booking.models import Draw, WaitingEntry

CHECK = """

def sha(text):
    return sha256(text.encode()).hexdigest()


print("The seed is the one committed to:", sha(seed) == commitment)
print("The list is the one closed:",
      sha("\\n".join(map(str, sorted(order)))) == digest)
print("The order follows from both:",
      sorted(order, key=lambda n: sha(f"{seed}:{digest}:{n}")) == order)
"""


def draw_text(draw: Draw, *, code: str, path: str) -> str:
    """All that is public of a draw at this moment; `path` is its page."""
    head = [
        f"# Draw of the places in {code}: {site_url(path)}",
        "# What each line means stands there. Times are UTC.",
        f"# Committed to: {draw.committed_at:%Y-%m-%d %H:%M}.",
        f"# Applications open: {draw.opens_at:%Y-%m-%d %H:%M}.",
        f"# Applications close: {draw.closes_at:%Y-%m-%d %H:%M}.",
        "from hashlib import sha256",
        "",
        f'commitment = "{draw.commitment}"',
    ]
    if draw.drawn_at is None:
        return "\n".join([*head, "# The seed is sealed until the draw.", ""])
    return "\n".join([*head, *_result(draw)]) + CHECK


def _result(draw: Draw) -> list[str]:
    drawn = WaitingEntry.objects.drawn().filter(offering=draw.offering_id)
    order = list(drawn.values_list("number", flat=True))
    return [
        f"# Drawn at {draw.drawn_at:%Y-%m-%d %H:%M}.",
        f'seed = "{draw.seed}"',
        f'digest = "{draw.list_digest}"',
        "# Application numbers, the first drawn first.",
        f"order = {order}",
    ]
