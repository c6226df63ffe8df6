"""The long work that writes a list of bookings: of one run, or of all in a period."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from booking.models import Reservation, ReservationQuerySet
from core import work
from core.languages import Language
from core.work_models import Work
from courses.models import CourseRun
from desk.day import day_bounds
from desk.exports.columns import cells_of
from desk.exports.files import FORMS, write_file
from persian.jalali import format_date, format_range, to_jalali
from persian.text import sort_key

KIND = "bookings_list"
CHUNK = 200


def of_run(run: CourseRun, form: str) -> dict[str, Any]:
    """The parameters of a list of one run; `form` is xlsx or csv."""
    return {"run": run.code, "form": form}


def of_period(since: dt.date, until: dt.date, form: str) -> dict[str, Any]:
    """The parameters of a list of all runs that begin on these days, both included."""
    return {"since": since.isoformat(), "until": until.isoformat(), "form": form}


def _period(work_: Work) -> tuple[dt.date, dt.date]:
    since, until = work_.parameters["since"], work_.parameters["until"]
    return dt.date.fromisoformat(since), dt.date.fromisoformat(until)


def bookings(asked: Work) -> ReservationQuerySet:
    """What belongs into the list, in the order in which it is read."""
    rows = Reservation.objects.without_holds().order_by("pk")
    if "run" in asked.parameters:
        return rows.filter(offering__course_run__code=asked.parameters["run"])
    since, until = _period(asked)
    return rows.filter(
        offering__course_run__first_session_at__gte=day_bounds(since)[0],
        offering__course_run__first_session_at__lt=day_bounds(until)[1],
    )


def _count(asked: Work) -> int:
    return bookings(asked).count()


def _step(asked: Work, now: dt.datetime) -> work.Step:
    """Read some rows; with the last of them the file is made."""
    chunk = list(
        bookings(asked)
        .filter(pk__gt=asked.cursor)
        .select_related(
            "offering__course_run__course",
            "person__firm",
            "party__booked_by__person",
        )[:CHUNK]
    )
    rows = [cells_of(booking) for booking in chunk]
    cursor = chunk[-1].pk if chunk else asked.cursor
    if len(chunk) == CHUNK:
        return work.Step(
            CHUNK, cursor, False, lambda: work.keep_piece(asked, cursor, rows)
        )
    earlier = [row for piece in work.pieces_of(asked) for row in piece]
    content = _file(asked, [*earlier, *rows])
    kind = FORMS[asked.parameters["form"]]
    return work.Step(
        len(chunk),
        cursor,
        True,
        lambda: work.keep_file(
            asked, _name(asked) + kind.ending, kind.content_type, content, now
        ),
    )


def _file(asked: Work, rows: list[list[Any]]) -> bytes:
    # By the first class, then the run, then the name.
    rows.sort(key=lambda row: (row[3], row[1], sort_key(row[4])))
    is_rtl = asked.language == Language.PERSIAN
    return write_file(asked.parameters["form"], rows, is_rtl=is_rtl)


def _name(asked: Work) -> str:
    """Latin letters and digits only: every phone and mail program keeps them."""
    if "run" in asked.parameters:
        return f"bookings-{asked.parameters['run']}"
    days = ("{:04}-{:02}-{:02}".format(*to_jalali(day)) for day in _period(asked))
    return f"bookings-{'-'.join(days)}"


def _title(asked: Work) -> str:
    if "run" in asked.parameters:
        run = CourseRun.objects.select_related("course").get(
            code=asked.parameters["run"]
        )
        # A code is never broken into two lines.
        words = format_html('{} <bdi class="nowrap">{}</bdi>', run.title, run.code)
        return format_html(_("List of bookings: %(run)s") % {"run": "{}"}, words)
    since, until = _period(asked)
    if since == until:
        return _("List of bookings: %(days)s") % {"days": format_date(since)}
    return _("List of bookings: %(days)s") % {"days": format_range(since, until)}


def _origin(asked: Work) -> str:
    if "run" in asked.parameters:
        return reverse("desk:staff_run", args=[asked.parameters["run"]])
    return reverse("desk:staff_runs")


def register() -> None:
    """Called once, at start-up."""
    work.register(
        work.WorkKind(
            KIND,
            count=_count,
            step=_step,
            title=_title,
            origin=_origin,
            page="desk/staff/_work_file.html",
        )
    )
