"""Addresses of the pages of staff, and of those who teach and consult."""

from __future__ import annotations

from django.urls import path

from desk.views import (
    calendar,
    endings,
    roll,
    staff_announcements,
    staff_approvals,
    staff_board,
    staff_channels,
    staff_courses,
    staff_draws,
    staff_exports,
    staff_messages,
    staff_people,
    staff_places,
    staff_reach,
    staff_run_acts,
    staff_run_new,
    staff_runs,
    staff_tasks,
    staff_texts,
    staff_time,
    staff_turns,
    staff_work,
    teach,
    time_off,
)

teach_patterns = [
    path("teach/", teach.today, name="teach"),
    path("teach/runs/<str:code>/", teach.roster, name="roster"),
    path("teach/sessions/<int:pk>/roll/", roll.roll, name="roll"),
    path("teach/appointments/<int:pk>/came/", endings.came, name="came"),
    path("teach/time-off/", time_off.time_off, name="time_off"),
    path("teach/time-off/<int:pk>/end/", time_off.time_off_end, name="time_off_end"),
]

run_patterns = [
    path("staff/runs/", staff_runs.run_list, name="staff_runs"),
    path("staff/runs/new/", staff_run_new.run_new, name="staff_run_new"),
    path("staff/runs/list/", staff_exports.period_export, name="staff_period_export"),
    path("staff/runs/<str:code>/", staff_runs.run_detail, name="staff_run"),
    path(
        "staff/runs/<str:code>/list/",
        staff_exports.run_export,
        name="staff_run_export",
    ),
    path(
        "staff/runs/<str:code>/message/",
        staff_announcements.run_message,
        name="staff_run_message",
    ),
    path(
        "staff/runs/<str:code>/publish/",
        staff_runs.run_publish,
        name="staff_run_publish",
    ),
    path(
        "staff/runs/<str:code>/capacity/",
        staff_runs.run_capacity,
        name="staff_run_capacity",
    ),
    path(
        "staff/runs/<str:code>/approval/",
        staff_runs.run_approval,
        name="staff_run_approval",
    ),
    path(
        "staff/runs/<str:code>/cancel/", staff_runs.run_cancel, name="staff_run_cancel"
    ),
    path("staff/runs/<str:code>/book/", staff_run_acts.run_book, name="staff_run_book"),
    path(
        "staff/runs/<str:code>/sessions/new/",
        staff_run_acts.session_new,
        name="staff_session_new",
    ),
    path(
        "staff/sessions/<int:pk>/move/",
        staff_run_acts.session_move,
        name="staff_session_move",
    ),
    path(
        "staff/sessions/<int:pk>/cancel/",
        staff_run_acts.session_cancel,
        name="staff_session_cancel",
    ),
    path("staff/runs/<str:code>/close/", endings.run_close, name="staff_run_close"),
    path("staff/bookings/<int:pk>/end/", endings.booking_end, name="staff_booking_end"),
    path(
        "staff/bookings/<int:pk>/forgive/",
        endings.booking_forgive,
        name="staff_booking_forgive",
    ),
    path(
        "staff/bookings/<int:pk>/cancel/",
        staff_run_acts.booking_cancel,
        name="staff_booking_cancel",
    ),
    path(
        "staff/bookings/<int:pk>/name/",
        staff_places.booking_name,
        name="staff_booking_name",
    ),
    path(
        "staff/bookings/<int:pk>/move/",
        staff_places.booking_move,
        name="staff_booking_move",
    ),
]

turn_patterns = [
    path("staff/runs/<str:code>/draw/", staff_draws.run_draw, name="staff_run_draw"),
    path(
        "staff/runs/<str:code>/draw/set/",
        staff_draws.run_draw_set,
        name="staff_run_draw_set",
    ),
    path(
        "staff/runs/<str:code>/draw/end/",
        staff_draws.run_draw_end,
        name="staff_run_draw_end",
    ),
    path("staff/turns/<int:pk>/", staff_turns.turn, name="staff_turn"),
    path(
        "staff/turns/<int:pk>/answer/",
        staff_turns.turn_answer,
        name="staff_turn_answer",
    ),
    path(
        "staff/turns/<int:pk>/extend/",
        staff_turns.turn_extend,
        name="staff_turn_extend",
    ),
    path(
        "staff/turns/<int:pk>/withdraw/",
        staff_turns.turn_withdraw,
        name="staff_turn_withdraw",
    ),
]

time_patterns = [
    path("staff/time/", staff_time.time_page, name="staff_time"),
    path("staff/time/holidays/", staff_time.holiday_add, name="staff_holiday_add"),
    path(
        "staff/time/holidays/<int:pk>/confirm/",
        staff_time.holiday_confirm,
        name="staff_holiday_confirm",
    ),
    path(
        "staff/time/holidays/<int:pk>/remove/",
        staff_time.holiday_remove,
        name="staff_holiday_remove",
    ),
    path(
        "staff/time/rooms/<int:pk>/calendar/",
        calendar.room_calendar,
        name="staff_room_calendar",
    ),
    path("staff/time/close/", staff_time.closure_new, name="staff_closure_new"),
    path("staff/time/close/<int:pk>/", staff_time.closure, name="staff_closure"),
    path(
        "staff/time/close/<int:pk>/end/",
        staff_time.closure_end,
        name="staff_closure_end",
    ),
]

staff_patterns = [
    path("staff/", staff_board.board, name="staff_board"),
    path("staff/audit/", staff_board.audit_now, name="staff_audit"),
    path("staff/approvals/", staff_approvals.approvals, name="staff_approvals"),
    path(
        "staff/approvals/<int:pk>/",
        staff_approvals.approval_decide,
        name="staff_approval_decide",
    ),
    path("staff/courses/", staff_courses.course_list, name="staff_courses"),
    path("staff/courses/new/", staff_courses.course_new, name="staff_course_new"),
    path(
        "staff/courses/<int:pk>/", staff_courses.course_edit, name="staff_course_edit"
    ),
    path("staff/people/", staff_people.people, name="staff_people"),
    path("staff/people/<int:pk>/", staff_people.person, name="staff_person"),
    path("staff/messages/", staff_messages.message_list, name="staff_messages"),
    path(
        "staff/messages/<int:pk>/resend/",
        staff_messages.resend_message,
        name="staff_message_resend",
    ),
]

message_patterns = [
    path("staff/texts/", staff_texts.text_list, name="staff_texts"),
    path("staff/texts/<slug:name>/", staff_texts.text_page, name="staff_text"),
    path(
        "staff/texts/<slug:name>/back/", staff_texts.text_back, name="staff_text_back"
    ),
    path(
        "staff/sessions/<int:pk>/reach/",
        staff_reach.session_reach,
        name="staff_session_reach",
    ),
    path(
        "staff/sessions/<int:pk>/reach/<int:reservation_pk>/",
        staff_reach.session_called,
        name="staff_session_called",
    ),
    path(
        "staff/meetings/reach/",
        staff_reach.meetings_reach,
        name="staff_meetings_reach",
    ),
    path(
        "staff/meetings/<int:pk>/reach/<int:reservation_pk>/",
        staff_reach.meeting_called,
        name="staff_meeting_called",
    ),
    path("staff/tasks/", staff_tasks.task_list, name="staff_tasks"),
    path(
        "staff/tasks/<int:pk>/result/",
        staff_tasks.task_result,
        name="staff_task_result",
    ),
    path("staff/channels/", staff_channels.channel_list, name="staff_channels"),
    path(
        "staff/channels/<slug:name>/hold/",
        staff_channels.channel_hold,
        name="staff_channel_hold",
    ),
    path(
        "staff/channels/<slug:name>/release/",
        staff_channels.channel_release,
        name="staff_channel_release",
    ),
]

work_patterns = [
    path("staff/work/", staff_work.work_list, name="staff_works"),
    path("staff/work/<int:pk>/", staff_work.work_page, name="staff_work"),
    path("staff/work/<int:pk>/again/", staff_work.work_again, name="staff_work_again"),
    path("staff/work/<int:pk>/file/", staff_work.work_file, name="staff_work_file"),
]

urlpatterns = [
    *teach_patterns,
    *staff_patterns,
    *run_patterns,
    *turn_patterns,
    *time_patterns,
    *message_patterns,
    *work_patterns,
]
