"""Leave (请假), make-up check-ins (补签) and joining late (RULES 1.6 Q9; 2.6; A-14): who decides, until when, and which
lesson hours a leave takes a trainee out of.

What is decided here and why:

- Leave excuses from a lesson hour only if it was approved before the hour began: otherwise absence could be turned into
  leave once the cameras have counted. Illness with a paper is the exception, within a working day.
- Leave that touches a lesson hour covers the whole of it: not required, not counted, no hour earned.
- What is asked for after the lesson is the county's to decide, however short.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.errors import LessonProofError
from config.profile import ChangeRules, CheckInRules
from supervisor.rules.checkin import Direction, SessionTimes, check_in_window
from supervisor.rules.lesson_hours import LessonSlot
from supervisor.rules.working_days import WEEKDAYS, WorkingCalendar

_CHINA = ZoneInfo("Asia/Shanghai")


class LeaveKind(StrEnum):
    PERSONAL = "personal"  # 事假
    SICK = "sick"  # 病假


class Decider(StrEnum):
    TEACHER = "teacher"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Leave:
    """An approved leave, [start, until). `paper`: a doctor's paper was handed in."""

    kind: LeaveKind
    start: datetime
    until: datetime
    approved_at: datetime
    paper: bool


def decider(start: datetime, until: datetime, asked_at: datetime, rules: ChangeRules) -> Decider:
    """The teacher for leave asked beforehand and no longer than `teacher_leave_hours`, else the county (2.6)."""
    short = until - start <= timedelta(hours=rules.teacher_leave_hours)
    return Decider.TEACHER if short and asked_at < start else Decider.COUNTY


def check_leave(
    kind: LeaveKind,
    start: datetime,
    until: datetime,
    asked_at: datetime,
    rules: ChangeRules,
    *,
    paper: bool,
    calendar: WorkingCalendar = WEEKDAYS,
) -> None:
    """Raises LessonProofError (422) LEAVE_TIMES, LEAVE_TOO_LATE, LEAVE_PAPER_MISSING. Aware times."""
    if until <= start:
        raise LessonProofError(
            "LEAVE_TIMES", status=422, where="/until", zh="结束时间应晚于开始时间", en="the leave ends before it begins"
        )
    if asked_at < start:
        return
    if kind is LeaveKind.PERSONAL:
        raise LessonProofError(
            "LEAVE_TOO_LATE",
            status=422,
            where="/start",
            zh="事假应在开始之前提出",
            en="personal leave is asked for before it begins",
        )
    last_day = calendar.after(start.astimezone(_CHINA).date(), rules.sick_paper_working_days)
    if asked_at.astimezone(_CHINA).date() > last_day:
        raise LessonProofError(
            "LEAVE_TOO_LATE",
            status=422,
            where="/start",
            zh=f"病假最迟应在 {last_day} 补办",
            en=f"this sick leave could be asked for until {last_day}",
        )
    if not paper:
        raise LessonProofError(
            "LEAVE_PAPER_MISSING",
            status=422,
            where="/paper_sha256",
            zh="事后补办病假需要病历或诊断证明",
            en="sick leave afterwards needs the doctor's paper",
        )


def covers(leave: Leave, hour: LessonSlot) -> bool:
    """Whether the trainee is excused from the lesson hour."""
    if leave.start >= hour.end or leave.until <= hour.start:
        return False
    return leave.approved_at <= hour.start or (leave.kind is LeaveKind.SICK and leave.paper)


def leave_hours(leaves: Iterable[Leave], plan: Iterable[LessonSlot]) -> int:
    """Lesson hours of the plan that the leaves of one trainee cover."""
    taken = list(leaves)
    return sum(any(covers(leave, hour) for leave in taken) for hour in plan)


def over_limit(hours: int, planned: int, leave_max_ratio: float) -> bool:
    """Q9: more leave than this share of the plan, and the trainee is not eligible."""
    return hours > leave_max_ratio * planned


def check_makeup(
    at: datetime,
    direction: Direction,
    session: SessionTimes,
    now: datetime,
    used: int,
    rules: CheckInRules,
) -> None:
    """A make-up check-in for `at`, asked for `now`; `used`: those of this trainee in this class that were not refused.

    Raises LessonProofError (422) MAKEUP_TIME, MAKEUP_TOO_LATE, MAKEUP_TOO_MANY.
    """
    opens = check_in_window(Direction.IN, session, rules).opens
    closes = check_in_window(Direction.OUT, session, rules).closes
    if not opens <= at <= min(closes, now):
        raise LessonProofError(
            "MAKEUP_TIME",
            status=422,
            where="/at",
            zh="补签的时间不在这次课之内",
            en="this time does not belong to the session",
        )
    if now - at > timedelta(hours=rules.makeup_hours):
        raise LessonProofError(
            "MAKEUP_TOO_LATE",
            status=422,
            where="/at",
            zh=f"补签应在 {rules.makeup_hours} 小时内提出",
            en=f"a make-up check-in is asked for within {rules.makeup_hours} hours",
        )
    if used >= rules.makeup_max:
        raise LessonProofError(
            "MAKEUP_TOO_MANY",
            status=422,
            where="/roster_entry_id",
            zh=f"每人每班最多补签 {rules.makeup_max} 次",
            en=f"at most {rules.makeup_max} make-up check-ins for a trainee in a class",
        )


def may_join(begun: int, planned: int, rules: ChangeRules) -> bool:
    """2.6: only before `late_join_ratio` of the plan's lesson hours have begun."""
    return begun < rules.late_join_ratio * planned
