"""The texts of messages that the demo centre wrote itself."""

from __future__ import annotations

import datetime as dt

from desk.demo.fixture import Fixture, Row
from desk.demo.people import People
from notifications import kinds
from notifications.text_models import Piece
from notifications.texts import Draft, write_texts


def make_texts(fixture: Fixture, people: People) -> None:
    """Write every text of the file as of the days on which it was written."""
    for row in fixture.rows("texts"):
        write_texts(
            kind=row["kind"],
            drafts=[_draft(row)],
            by=people.staff[row["staff"]].pk,
            now=fixture.now - dt.timedelta(days=row["days_ago"]),
        )


def _draft(row: Row) -> Draft:
    own = {piece: row[piece] for piece in Piece.values if piece in row}
    standard = kinds.get(row["kind"]).pieces(row["language"])
    return Draft(row["language"], 0, standard | own)
