"""Attendance of a class: trainees by lesson hours, with each person's and each day's rate (A-14; RULES 1.6 Q9)."""

from __future__ import annotations

from uuid import UUID

from config.errors import LessonProofError
from supervisor.attendance import staff_repository
from supervisor.attendance.register import register
from supervisor.attendance.schemas import AttendanceTable, DayRate, HourColumn, RateOut, TraineeRow
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.repository import training_class
from supervisor.csv_file import csv_file
from supervisor.lessons.repository import lessons_of_class
from supervisor.profiles import profile_named
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.attendance_rates import HourAttendance, Rate, day_totals, person_totals
from supervisor.rules.masking import mask_name

_WORDS = {
    AttendanceStatus.NORMAL: "正常",
    AttendanceStatus.LATE: "迟到",
    AttendanceStatus.EARLY_LEAVE: "早退",
    AttendanceStatus.ABSENT: "缺勤",
    AttendanceStatus.LEAVE: "请假",
    AttendanceStatus.MAKEUP: "补签",
    AttendanceStatus.EXCEPTION: "异常",
}
_ENOUGH = {True: "达到", False: "未达到", None: ""}


def attendance_of(centre: Centre, caller: Caller, class_id: UUID) -> AttendanceTable:
    """Only lesson hours that are over have states and count. Raises LessonProofError CLASS_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        training = training_class(session, caller, class_id)
        if training is None:
            raise LessonProofError("CLASS_NOT_FOUND", status=404, zh="没有这个班级", en="no such class")
        lessons = lessons_of_class(session, caller, class_id)
        present = register(session, [(one.hour, one.session, one.training) for one in lessons])
        names = staff_repository.names(session, class_id)
    rules = profile_named(training.profile).attendance
    over = [one for one in lessons if one.hour.end <= now]
    hours = [HourAttendance(one.session.local_date, present[one.hour.id]) for one in over]
    states = {
        one.hour.id: {who.trainee: who.status for who in present[one.hour.id]} if one.hour.end <= now else {}
        for one in lessons
    }
    totals = {one.trainee: one for one in person_totals(hours, rules)}
    roster = [who.trainee for who in present[lessons[0].hour.id]] if lessons else []
    return AttendanceTable(
        class_id=class_id,
        class_no=training.class_no,
        class_name=training.name,
        personal_min=rules.personal_min,
        class_day_min=rules.class_day_min,
        hours=[
            HourColumn(
                lesson_hour_id=one.hour.id,
                day=one.session.local_date,
                slot=one.hour.slot,
                start=one.hour.start,
                over=one.hour.end <= now,
            )
            for one in lessons
        ],
        trainees=[
            TraineeRow(
                roster_ref=UUID(trainee),
                name=mask_name(names[UUID(trainee)]),
                states=[states[one.hour.id].get(trainee) for one in lessons],
                totals=totals[trainee].states if trainee in totals else {},
                rate=_rate(totals[trainee].rate if trainee in totals else Rate(0, 0, None)),
            )
            for trainee in roster
        ],
        days=[DayRate(day=one.day, rate=_rate(one.rate)) for one in day_totals(hours, rules)],
    )


def attendance_csv(centre: Centre, caller: Caller, class_id: UUID) -> bytes:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    table = attendance_of(centre, caller, class_id)
    with centre.uow.write() as session:
        record(session, centre.clock.now(), caller.actor, "attendance_exported", f"training_class:{class_id}")
    head = ["姓名", *(f"{one.day} 第{one.slot}学时" for one in table.hours), "出勤学时", "已上学时", "个人出勤"]
    rows = [
        (
            row.name,
            *("" if state is None else _WORDS[state] for state in row.states),
            row.rate.attended,
            row.rate.hours,
            _ENOUGH[row.rate.enough],
        )
        for row in table.trainees
    ]
    return csv_file(head, rows)


def _rate(found: Rate) -> RateOut:
    return RateOut(attended=found.attended, hours=found.hours, enough=found.enough)
