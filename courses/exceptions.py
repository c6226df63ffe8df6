"""Refusals of the course rules, in sentences for the person who reads them."""

from __future__ import annotations

import datetime as dt

from core.exceptions import HidajError


class CoursesError(HidajError):
    """A rule of courses, runs and class sessions says no."""


class TimeClash(CoursesError):
    """A person, room or machine is taken at the time of a class session.

    `number` is the class session's, counted from 1; `next_free_at` is the next start
    (UTC) that would suit everything that is needed, when one was found.
    """

    def __init__(
        self, message: object, *, number: int, next_free_at: dt.datetime | None
    ) -> None:
        super().__init__(message, code="time_taken")
        self.number = number
        self.next_free_at = next_free_at
