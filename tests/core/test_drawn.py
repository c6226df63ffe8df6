"""Parts of pages that are drawn once for equal values."""

from __future__ import annotations

import copy
import datetime as dt

import pytest
import time_machine
from django.template import Context, Template
from django.test import Client
from django.utils import translation

from core.pages.memory import own_copy
from core.templatetags.drawn import _drawn
from courses.cards import Places, RunCard, RunTexts
from courses.models import Course, CourseRun, Phase
from desk.listing import UndatedCourse
from persian.jalali import today
from tests.factories import NOW

UNDATED = '{% drawn "desk/_undated.html" courses=courses %}'


def _draw(**values: object) -> str:
    return Template(UNDATED).render(Context(values))


def _course(title: str = "Lasts") -> UndatedCourse:
    return UndatedCourse("lasts", title, "Beginner", 12)


def test_equal_values_give_the_very_same_text() -> None:
    source = '{% drawn "desk/_undated.html" courses=courses as found %}'
    contexts = [Context({"courses": (_course(),)}) for _ in range(2)]

    for context in contexts:
        Template(source).render(context)

    assert "Lasts" in contexts[0]["found"]
    assert contexts[0]["found"] is contexts[1]["found"]


def test_another_value_or_language_is_drawn_anew() -> None:
    with translation.override("en"):
        assert "Another" in _draw(courses=(_course("Another"),))
        english = _draw(courses=(_course(),))
    with translation.override("fa"):
        persian = _draw(courses=(_course(),))

    assert "12 hours" in english
    assert "۱۲" in persian


def test_another_day_is_drawn_anew() -> None:
    """The year is left out while it is this one."""
    card = RunCard(_texts(), Places(Phase.OPEN, 3, 0, None, None))
    source = Template('{% drawn "components/run_card.html" card=card %}')

    def drawn(on: dt.datetime) -> str:
        with time_machine.travel(on, tick=False), translation.override("en"):
            return source.render(Context({"card": card}))

    assert str(NOW.year) not in drawn(NOW)
    assert str(NOW.year) in drawn(NOW.replace(year=NOW.year + 1))


def _texts() -> RunTexts:
    return RunTexts(
        code="R1",
        title="Lasts",
        slug="lasts",
        level="intro",
        level_label="Beginner",
        is_women_only=False,
        first_session_at=NOW,
        session_count=3,
        hours=12,
        days_text="Saturday",
        clock_text="16:00 to 20:00",
        instructor_names="Yaghoub",
        price_rial=0,
        fee_rial=0,
    )


def test_model_is_refused_for_it_equals_itself_whatever_it_says() -> None:
    before, after = Course(pk=1, title_fa="a"), Course(pk=1, title_fa="b")
    assert before == after

    with pytest.raises(TypeError, match="not models"):
        _draw(courses=before)


@pytest.mark.parametrize("hour", [0, 3, 12, 20, 21, 23])
def test_today_is_the_day_of_the_centre(hour: int) -> None:
    moment = dt.datetime(2026, 11, 22, hour, 45, tzinfo=dt.UTC)

    with time_machine.travel(moment, tick=False):
        # Tehran is three and a half hours ahead.
        assert today() == (moment + dt.timedelta(hours=3, minutes=30)).date()


def test_own_copy_of_a_row_leaves_the_remembered_one_as_it_is() -> None:
    course = Course(pk=1, title_fa="a")
    run = CourseRun(pk=2, code="R", course=course)

    twin = own_copy(run)
    twin.code, twin.course = "T", Course(pk=3, title_fa="b")

    assert (twin.code, twin.course.title_fa, twin.pk) == ("T", "b", 2)
    assert (run.code, run.course.title_fa, run.course_id) == ("R", "a", 1)
    assert own_copy(run) == run == copy.copy(run)
    pickled = set(vars(copy.copy(run))) - {"_django_version"}
    assert set(vars(own_copy(run))) == pickled


@pytest.mark.django_db
@pytest.mark.parametrize("made_up", ["/?q=%d", "/help/?from=%d", "/runs/?x=%d"])
def test_made_up_addresses_push_nothing_out(client: Client, made_up: str) -> None:
    client.get(made_up % 0)
    before = _drawn.cache_info().currsize

    for number in range(1, 4):
        client.get(made_up % number)

    assert _drawn.cache_info().currsize == before
