"""The parts of a run's page that show its texts alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string

from courses import page_runs
from courses.models import CourseRun
from courses.planner import skipped_between
from courses.request_words import rule_words

register = template.Library()


@register.simple_tag(takes_context=True)
def run_texts(context: Context, template: str, run: CourseRun) -> str:
    """`{% run_texts "courses/_run_about.html" run %}`: drawn again when texts change.

    The template must show neither the places of the run nor its reader.
    """

    def draw() -> str:
        shown = {"run": run, "course": run.course, "centre": context["centre"]}
        return render_to_string(template, {**shown, **_asked_for(run)})

    return page_runs.of_texts(run, template, draw)


def _asked_for(run: CourseRun) -> dict[str, Any]:
    return {
        "dates": _dates(run),
        "prerequisites": run.course.prerequisites.all(),
        "rule_words": rule_words(run),
    }


def _dates(run: CourseRun) -> list[dict[str, Any]]:
    """Class sessions and skipped holidays, in the order of their days."""
    sessions = [{"on": s.wall_on, "session": s} for s in run.sessions.all()]
    days = [s.wall_on for s in run.planned_sessions]
    skipped = [{"on": day.on, "skipped": day} for day in skipped_between(days)]
    return sorted(
        [*sessions, *skipped],
        key=lambda row: (
            row["on"],
            row["session"].wall_start if "session" in row else dt.time(),
        ),
    )
