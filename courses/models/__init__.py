"""The tables of courses: `catalogue`, `runs`, `sessions` (and who was there), and
`announcements`."""

from courses.models.announcements import RunMessage, RunMessageCopy
from courses.models.catalogue import (
    ASCII_CODE,
    Course,
    CourseMachine,
    CourseQuerySet,
    Level,
)
from courses.models.runs import (
    Approval,
    Audience,
    CourseRun,
    CourseRunQuerySet,
    Phase,
    RunState,
)
from courses.models.sessions import (
    THERE,
    Attendance,
    AttendanceChange,
    ClassSession,
    ClassSessionQuerySet,
    CourseInterest,
    CourseInterestQuerySet,
    Mark,
    NoticeKind,
    SessionChange,
    SessionNotice,
    SessionState,
    TeacherChange,
)

__all__ = [
    "ASCII_CODE",
    "THERE",
    "Approval",
    "Attendance",
    "AttendanceChange",
    "Audience",
    "ClassSession",
    "ClassSessionQuerySet",
    "Course",
    "CourseInterest",
    "CourseInterestQuerySet",
    "CourseMachine",
    "CourseQuerySet",
    "CourseRun",
    "CourseRunQuerySet",
    "Level",
    "Mark",
    "NoticeKind",
    "Phase",
    "RunMessage",
    "RunMessageCopy",
    "RunState",
    "SessionChange",
    "SessionNotice",
    "SessionState",
    "TeacherChange",
]
