"""What messages say, read at the moment of sending, and whether they still hold.

Long names are cut, so that no SMS grows beyond its two parts.
"""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.messages import (
    CANCELLED,
    EXPIRED,
    SUPERSEDED,
    Values,
    centre_values,
    ended_as,
    get_reservation,
    link_values,
    place_values,
)
from booking.models import (
    Draw,
    EntryState,
    Offer,
    OfferState,
    Reservation,
    ReservationState,
    WaitingEntry,
)
from booking.recipients import is_for_another, recipients
from booking.request_words import after_no_show_words, moment_words
from booking.services.waiting import offer_link_secret, place_in_line
from courses.display import with_comma
from courses.models import (
    ClassSession,
    CourseInterest,
    CourseRun,
    RunMessageCopy,
    RunState,
    SessionChange,
    SessionNotice,
    TeacherChange,
)
from courses.news import News, news_of_change, news_of_notice
from notifications.kinds import StillWanted
from notifications.models import OutboxMessage
from persian.jalali import format_date, format_range, format_time, weekday_name
from persian.text import clip, localized, to_reader_digits

# Characters that a value may take in an SMS.
COURSE_LENGTH = 28
NAME_LENGTH = 16
ROOM_LENGTH = 14
REASON_LENGTH = 28
# Whoever lost the place is not concerned any more.
GONE = (
    ReservationState.CANCELLED,
    ReservationState.TRANSFERRED,
    ReservationState.EXPIRED,
    ReservationState.REFUSED,
)


def _day(moment: dt.datetime) -> str:
    return format_date(moment, weekday=True, year=False)


def _clock(moment: dt.datetime) -> str:
    return format_time(moment)


def _course_values(run: CourseRun) -> Values:
    return {
        "course": clip(run.title, COURSE_LENGTH),
        "full_course": run.title,
        "room": clip(run.room.name, ROOM_LENGTH),
        "day": _day(run.first_session_at),
        "time": _clock(run.first_session_at),
        **centre_values(),
    }


def _get_run(offering_id: int) -> CourseRun:
    return CourseRun.objects.select_related("course", "offering", "room").get(
        offering=offering_id
    )


def _dates(run: CourseRun) -> str:
    sessions = run.sessions.planned().order_by("starts_at")
    return "\n".join(
        with_comma(
            [
                format_date(session.wall_on, weekday=True),
                format_range(session.wall_start, session.wall_end),
            ]
        )
        for session in sessions
    )


def _person_values(reservation: Reservation) -> Values:
    """Whose place it is; named in the text only when somebody else booked it."""
    path = reverse("courses:short", args=[reservation.party.reference])
    known = place_values(reservation, path=path, name_length=NAME_LENGTH)
    name = known["person"]
    named = name and is_for_another(reservation)
    return {**known, "for_whom": f" ({name})" if named else ""}


def reservation_values(reservation_id: int, language: str) -> Values:
    """About one place in a run."""
    reservation = get_reservation(reservation_id)
    run = _get_run(reservation.offering_id)
    entry = WaitingEntry.objects.filter(party=reservation.party_id).first()
    return {
        **_course_values(run),
        **_person_values(reservation),
        "place": to_reader_digits(str(place_in_line(entry) if entry else 0)),
        "reason": clip(_reason(reservation, run), REASON_LENGTH),
        "full_reason": _reason(reservation, run),
        "dates": _dates(run),
    }


def decision_values(reservation_id: int, language: str) -> Values:
    """About a request and its deadline, or what follows from not coming."""
    reservation = get_reservation(reservation_id)
    until, person = reservation.approval_until, reservation.person
    return {
        **reservation_values(reservation_id, language),
        "until": moment_words(until) if until else "",
        "follows": after_no_show_words(person) if person else "",
    }


def moved_values(reservation_id: int, language: str) -> Values:
    """About a place that came from another run: where it was, where it is."""
    reservation = get_reservation(reservation_id)
    run = _get_run(reservation.offering_id)
    if reservation.previous is None:
        raise LookupError("the place came from nowhere")
    before = _get_run(reservation.previous.offering_id)
    return {
        **reservation_values(reservation_id, language),
        "old": f"{_day(before.first_session_at)} {_clock(before.first_session_at)}",
        "new": f"{_day(run.first_session_at)} {_clock(run.first_session_at)}",
    }


def _reason(reservation: Reservation, run: CourseRun) -> str:
    words = {
        "started": _("the course has begun"),
        "silent": _("two offers passed without an answer"),
        "": _("decision of the centre"),
    }
    reason = run.cancel_reason or reservation.end_reason
    return words.get(reason, reason)


def offer_values(offer_id: int, language: str) -> Values:
    """About an offered place and its deadline."""
    offer = Offer.objects.get(pk=offer_id)
    path = reverse("courses:offer", args=[offer_link_secret(offer)])
    until = _("%(day)s at %(time)s") % {
        "day": weekday_name(offer.expires_at),
        "time": format_time(offer.expires_at),
    }
    return {
        **_course_values(_get_run(offer.offering_id)),
        "until": until,
        **link_values(path),
    }


def application_values(reservation_id: int, language: str) -> Values:
    """About an application for a draw: its number, and when the draw is."""
    reservation = get_reservation(reservation_id)
    entry = WaitingEntry.objects.get(party=reservation.party_id)
    closes_at = Draw.objects.get(offering=reservation.offering_id).closes_at
    return {
        **_course_values(_get_run(reservation.offering_id)),
        **_person_values(reservation),
        "number": to_reader_digits(str(entry.number)),
        "draw_at": f"{_day(closes_at)} {_clock(closes_at)}",
    }


def notice_values(notice_id: int, language: str) -> Values:
    """About one class session, for one enrolled person."""
    notice = SessionNotice.objects.select_related("class_session__room").get(
        pk=notice_id
    )
    session = notice.class_session
    reservation = get_reservation(notice.reservation_id)
    run = _get_run(reservation.offering_id)
    return {
        **_course_values(run),
        **_person_values(reservation),
        **_session_values(session),
        **_notice_news(notice, run),
        "dates": _dates(run),
    }


def _session_values(session: ClassSession) -> Values:
    return {
        "room": clip(session.room.name, ROOM_LENGTH),
        "day": _day(session.starts_at),
        "time": _clock(session.starts_at),
        "reason": clip(session.cancel_reason, REASON_LENGTH),
        "full_reason": session.cancel_reason,
    }


def _moment(moment: dt.datetime) -> str:
    return f"{_day(moment)} {_clock(moment)}"


def _news_values(news: News, run: CourseRun) -> Values:
    """Rooms are named only when the room is another.

    The title gives way to the room, so that an SMS keeps its two parts.
    """
    old = _moment(news.from_at)
    new = _moment(news.to_at) if news.to_at else _("cancelled")
    if not news.has_other_room or news.from_room is None or news.to_room is None:
        return {"old": old, "new": new}
    room = clip(news.to_room.name, ROOM_LENGTH)
    if news.is_same_time:
        old = clip(news.from_room.name, ROOM_LENGTH)
    return {
        "old": old,
        "new": with_comma([new, room]),
        "course": clip(run.title, COURSE_LENGTH - len(room) - 2),
    }


def _notice_news(notice: SessionNotice, run: CourseRun) -> Values:
    news = news_of_notice(notice)
    if news is None:
        return {"old": "", "new": ""}
    said = _news_values(news, run)
    if news.to_at is None:
        # Of a cancelled class session the reader knows the time they last heard.
        said |= {"day": _day(news.from_at), "time": _clock(news.from_at)}
    return said


def change_values(change_id: int, language: str) -> Values:
    """About a moved or cancelled class session, for its instructors."""
    change = SessionChange.objects.select_related("class_session__run").get(
        pk=change_id
    )
    run = _get_run(change.class_session.run.offering_id)
    return {**_course_values(run), **_news_values(news_of_change(change), run)}


def teacher_change_values(change_id: int, language: str) -> Values:
    """About a class session that an instructor was given or relieved of."""
    change = TeacherChange.objects.select_related("class_session__run").get(
        pk=change_id
    )
    session = change.class_session
    run = _get_run(session.run.offering_id)
    return {**_course_values(run), **_session_values(session)}


def run_values(run_id: int, language: str) -> Values:
    """About a whole run, for its instructors."""
    run = CourseRun.objects.select_related("course", "room").get(pk=run_id)
    return {
        **_course_values(run),
        "reason": clip(run.cancel_reason, REASON_LENGTH),
    }


def interest_values(interest_id: int, language: str) -> Values:
    """About the run that a person asked to hear of."""
    interest = CourseInterest.objects.select_related(
        "notified_run__course", "notified_run__room"
    ).get(pk=interest_id)
    run = interest.notified_run
    if run is None:
        raise LookupError("the wish was renewed")
    path = reverse("courses:run", args=[run.code])
    return {
        **_course_values(run),
        **link_values(path),
    }


def teacher_notice_values(reservation_id: int, language: str) -> Values:
    """About a place that came or went, for the instructors."""
    reservation = get_reservation(reservation_id)
    run = _get_run(reservation.offering_id)
    what = _("Booked")
    if reservation.state != ReservationState.CONFIRMED:
        what = _("Cancelled")
    seats = _("%(taken)s of %(all)s") % {
        "taken": run.offering.seats_taken,
        "all": run.offering.capacity,
    }
    coming = run.sessions.planned().filter(ends_at__gt=timezone.now())
    session = coming.order_by("starts_at").first()
    start = session.starts_at if session else run.first_session_at
    return {
        **_course_values(run),
        "what": what,
        "person": clip(str(reservation.person or ""), NAME_LENGTH),
        "seats": to_reader_digits(seats),
        "day": _day(start),
        "time": _clock(start),
    }


def run_message_values(copy_id: int, language: str) -> Values:
    """What staff wrote to everybody in a run, in the reader's language if they did."""
    copy = RunMessageCopy.objects.select_related(
        "message__run__course", "message__run__room"
    ).get(pk=copy_id)
    words = localized(copy.message, "text")
    return {**_course_values(copy.message.run), "words": words}


# -- Is it still wanted? ------------------------------------------------------------


def wanted_while(*states: str) -> StillWanted:
    """A check that the reservation still stands in one of these states."""

    def still_wanted(subject_id: int, message: OutboxMessage) -> str:
        reservation = Reservation.objects.get(pk=subject_id)
        return "" if reservation.state in states else ended_as(reservation)

    return still_wanted


def confirmation_wanted(subject_id: int, message: OutboxMessage) -> str:
    """A place that is there, in a run whose end has not come."""
    reservation = Reservation.objects.get(pk=subject_id)
    if reservation.state != ReservationState.CONFIRMED:
        return ended_as(reservation)
    run = CourseRun.objects.get(offering=reservation.offering_id)
    return EXPIRED if run.last_session_at <= timezone.now() else ""


def offer_wanted(subject_id: int, message: OutboxMessage) -> str:
    """An offer that can still be accepted."""
    offer = Offer.objects.get(pk=subject_id)
    if offer.state == OfferState.OPEN and offer.expires_at > timezone.now():
        return ""
    return EXPIRED if offer.state in ("open", "expired") else SUPERSEDED


def still_in_line(subject_id: int, message: OutboxMessage) -> str:
    """A party that waits on after an offer passed."""
    reservation = Reservation.objects.get(pk=subject_id)
    entry = WaitingEntry.objects.get(party=reservation.party_id)
    return "" if entry.state == EntryState.WAITING else SUPERSEDED


def still_applied(subject_id: int, message: OutboxMessage) -> str:
    """An application whose draw is still to come."""
    reservation = Reservation.objects.get(pk=subject_id)
    entry = WaitingEntry.objects.get(party=reservation.party_id)
    return "" if entry.state == EntryState.APPLIED else ended_as(reservation)


def version_wanted(subject_id: int, message: OutboxMessage) -> str:
    """News of a place, unless newer news followed."""
    reservation = Reservation.objects.get(pk=subject_id)
    is_same = reservation.version == message.schedule_version
    return "" if is_same else SUPERSEDED


def notice_wanted(subject_id: int, message: OutboxMessage) -> str:
    """News of a class session: of its current version, for who still has a place."""
    notice = SessionNotice.objects.select_related("class_session__run").get(
        pk=subject_id
    )
    session = notice.class_session
    if notice.reservation.state != ReservationState.CONFIRMED:
        return CANCELLED
    if session.run.state == RunState.CANCELLED:
        return CANCELLED
    is_same = session.schedule_version == notice.schedule_version
    return "" if is_same else SUPERSEDED


def late_wanted(subject_id: int, message: OutboxMessage) -> str:
    """As for other notices; only until the class session is over."""
    notice = SessionNotice.objects.select_related("class_session").get(pk=subject_id)
    if notice.class_session.ends_at <= timezone.now():
        return EXPIRED
    return notice_wanted(subject_id, message)


def run_message_wanted(copy_id: int, message: OutboxMessage) -> str:
    """What staff wrote to a run, for who still has a place.

    A number that stands for several people hears it once, by the copy of one of them:
    it is wanted as long as any of them has a place.
    """
    copy = RunMessageCopy.objects.select_related("reservation").get(pk=copy_id)
    if copy.reservation.state not in GONE:
        return ""
    places = Reservation.objects.filter(run_messages__message=copy.message_id)
    others = places.exclude(state__in=GONE).select_related(
        "person__user", "party__booked_by__person"
    )
    to = message.recipient
    stands = any(to in (r.phone, r.email) for p in others for r in recipients(p))
    return "" if stands else CANCELLED


def reminder_wanted(subject_id: int, message: OutboxMessage) -> str:
    """As for other notices; only before the start, and for who wants reminders."""
    notice = SessionNotice.objects.select_related(
        "class_session", "reservation__person"
    ).get(pk=subject_id)
    person = notice.reservation.person
    if person is None or not person.wants_reminders:
        return "suppressed"
    if not notice.class_session.is_planned:
        return CANCELLED
    if notice.class_session.starts_at <= timezone.now():
        return EXPIRED
    return notice_wanted(subject_id, message)


def change_wanted(subject_id: int, message: OutboxMessage) -> str:
    """A change that no later one overtook."""
    change = SessionChange.objects.select_related("class_session").get(pk=subject_id)
    is_same = change.class_session.schedule_version == change.schedule_version
    return "" if is_same else SUPERSEDED


def teacher_change_wanted(subject_id: int, message: OutboxMessage) -> str:
    """News of a duty, while it is so and the class session is to come."""
    change = TeacherChange.objects.select_related("class_session__run").get(
        pk=subject_id
    )
    session = change.class_session
    teaches = session.instructors.filter(pk=change.person_id).exists()
    if teaches != change.is_on:
        return SUPERSEDED
    if session.run.state == RunState.CANCELLED or not session.is_planned:
        return CANCELLED
    return EXPIRED if session.starts_at <= timezone.now() else ""


def interest_wanted(subject_id: int, message: OutboxMessage) -> str:
    """A run that can still be booked."""
    run = (
        CourseInterest.objects.select_related("notified_run__offering")
        .get(pk=subject_id)
        .notified_run
    )
    if run is None:
        return SUPERSEDED
    if run.state != RunState.PUBLISHED:
        return CANCELLED
    return "" if run.first_session_at > timezone.now() else EXPIRED


def run_cancelled_wanted(subject_id: int, message: OutboxMessage) -> str:
    """A run that is cancelled stays so."""
    run = CourseRun.objects.get(pk=subject_id)
    return "" if run.state == RunState.CANCELLED else SUPERSEDED
