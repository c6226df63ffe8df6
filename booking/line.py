"""Why a line stands where it stands, read at one moment and said in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Min, OuterRef, Subquery, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.deadlines import night_ends_at, offers_are_over
from booking.models import Draw, EntryState, Offer, Offering, Party, WaitingEntry
from booking.services.waiting import place_in_line
from persian.jalali import format_datetime, format_time
from persian.text import to_reader_digits


@dataclass(frozen=True)
class Line:
    """What stands between a line and its next offer (moments are aware).

    `on_offer` places are kept for parties that have until `answer_by` or later to
    answer; the next party needs `next_needs`, and free places wait for it until
    `moves_at`.
    """

    now: dt.datetime
    starts_at: dt.datetime | None
    waiting: int
    free: int
    on_offer: int
    answer_by: dt.datetime | None
    next_needs: int
    moves_at: dt.datetime | None

    @property
    def is_over(self) -> bool:
        """Whether the start is too near for anybody to be asked."""
        return offers_are_over(self.starts_at, self.now)

    @property
    def waits_for_a_party(self) -> bool:
        """Whether places are free that the next party finds too few."""
        return 0 < self.free < self.next_needs


def read_line(offering: Offering, now: dt.datetime) -> Line:
    """The line of an offering at this moment; one query."""
    offers = Offer.objects.open().filter(offering=OuterRef("pk")).order_by()
    line = WaitingEntry.objects.filter(offering=OuterRef("pk")).in_line()
    on_offer, answer_by, next_needs = (
        Offering.objects.filter(pk=offering.pk)
        .values_list(
            Subquery(offers.values("offering").values_list(Sum("places"))),
            Subquery(offers.values("offering").values_list(Min("expires_at"))),
            Subquery(line.values("places")[:1]),
        )
        .get()
    )
    return Line(
        now=now,
        starts_at=offering.starts_at,
        waiting=offering.waiting_parties,
        free=offering.capacity - offering.seats_taken,
        on_offer=on_offer or 0,
        answer_by=answer_by,
        next_needs=next_needs or 0,
        moves_at=offering.line_moves_at,
    )


def sentences(line: Line) -> list[str]:
    """Why the line does not move, for anybody; the reader's language and digits."""
    if line.is_over:
        return [_too_late(line)]
    words = []
    if line.on_offer:
        words.append(_on_offer(line))
    if line.waits_for_a_party:
        words += _too_few(line)
    if not words:
        return [
            _(
                "Every place is taken. As soon as somebody gives a place back, the"
                " first in line is asked by SMS."
            )
        ]
    if until := night_ends_at(line.now):
        words.append(
            _("At night the clock stands still, until %(time)s.")
            % {"time": format_time(until)}
        )
    return words


def own_sentences(entry: WaitingEntry, line: Line) -> list[str]:
    """The same for those who wait: their place first."""
    place = place_in_line(entry)
    if not place:
        return []
    own = _("You are number %(place)s in line.") % {"place": _digits(place)}
    if place == 1 and not line.on_offer and not line.waits_for_a_party:
        own = _("You are the next in line.")
    return [own, *sentences(line)]


def _digits(number: int) -> str:
    return to_reader_digits(str(number))


def _too_late(line: Line) -> str:
    if line.starts_at is None or line.starts_at <= line.now:
        return _("It has begun, and the waiting list ends.")
    return _(
        "No more offers are made now, because it starts at %(time)s: in the last three"
        " hours nobody is asked any more."
    ) % {"time": format_time(line.starts_at)}


def _on_offer(line: Line) -> str:
    words = ngettext(
        "One place is offered to somebody before, until %(until)s; if it is not taken,"
        " the next one is asked.",
        "%(places)s places are offered to others before; the first of them have until"
        " %(until)s to answer.",
        line.on_offer,
    )
    until = format_datetime(line.answer_by) if line.answer_by else ""
    return words % {"places": _digits(line.on_offer), "until": until}


def _too_few(line: Line) -> list[str]:
    words = ngettext(
        "One place is free, but the next party in line needs %(needed)s.",
        "%(free)s places are free, but the next party in line needs %(needed)s.",
        line.free,
    )
    said = words % {"free": _digits(line.free), "needed": _digits(line.next_needs)}
    if line.moves_at is None or line.moves_at <= line.now:
        return [said]
    until = _(
        "What is free waits for it until %(until)s; then the next one is asked whom it"
        " suffices for, and the larger party keeps its turn."
    ) % {"until": format_datetime(line.moves_at)}
    return [said, until]


def entry_of(party: Party) -> WaitingEntry | None:
    """The turn of a party, as `own_line` reads it."""
    return WaitingEntry.objects.filter(party=party).select_related("offering").first()


def own_line(entry: WaitingEntry | None, now: dt.datetime) -> list[str]:
    """What a party in line reads about it; nothing for one that does not wait."""
    if entry is not None and entry.state == EntryState.APPLIED:
        return _applied(entry)
    if entry is None or entry.state != EntryState.WAITING:
        return []
    return own_sentences(entry, read_line(entry.offering, now))


def _applied(entry: WaitingEntry) -> list[str]:
    """Between the application and the draw."""
    closes_at = Draw.objects.get(offering=entry.offering_id).closes_at
    return [
        _("Your application has the number %(number)s.")
        % {"number": _digits(entry.number or 0)},
        _(
            "The draw is on %(moment)s. You hear its result by SMS: who is drawn has a"
            " deadline to accept, the others wait in the order of the draw."
        )
        % {"moment": format_datetime(closes_at)},
    ]
