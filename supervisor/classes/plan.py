"""The teaching plan: every row is checked, and becomes a session with its lesson hours."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from config.profile import RegionProfile
from supervisor.classes import repository
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.classes.schemas import PlanRow
from supervisor.rules.lesson_hours import LessonSlot, split_row

LONGEST_SESSION = timedelta(hours=12)
_CODE_BYTES = 9  # 72 random bits in a check-in address


def times_of(row: PlanRow, index: int) -> tuple[datetime, datetime]:
    if row.start.tzinfo is not None or row.end.tzinfo is not None:
        raise _plantimes_of(index)
    start = datetime.combine(row.date, row.start, CHINA)
    end = datetime.combine(row.date, row.end, CHINA)
    if end <= start:
        end += timedelta(days=1)
    if end - start > LONGEST_SESSION:
        raise _plantimes_of(index)
    return start, end


def _plantimes_of(index: int) -> LessonProofError:
    return _error(
        "PLAN_ROW_TIMES",
        422,
        f"/plan/{index}",
        f"计划第 {index + 1} 行:开始或结束时间不正确(一次课不超过 12 小时)",
        f"plan row {index + 1}: start or end is wrong (a session lasts at most 12 hours)",
    )


def slots_of(plan: Sequence[PlanRow], profile: RegionProfile) -> list[tuple[LessonSlot, ...]]:
    if profile.lesson.minutes * 60 < profile.lesson.clip_min_s:
        raise _error(
            "LESSON_SHORTER_THAN_CLIP",
            422,
            "/profile",
            "规则中学时比要求的连续录像还短",
            "under these rules a lesson hour is shorter than its clip",
        )
    slots = []
    a_day: Counter[date] = Counter()
    for index, row in enumerate(plan):
        try:
            slots.append(split_row(*times_of(row, index), row.lesson_hours, profile.lesson))
        except LessonProofError as error:
            if error.where is None:
                error.where = f"/plan/{index}/lesson_hours"
            raise
        a_day[row.date] += row.lesson_hours
        if a_day[row.date] > profile.lesson.max_per_day:
            raise _error(
                "PLAN_DAY_TOO_LONG",
                422,
                f"/plan/{index}/lesson_hours",
                f"{row.date} 超过每天 {profile.lesson.max_per_day} 学时",
                f"{row.date}: more than {profile.lesson.max_per_day} lesson hours in a day",
            )
    return slots


def add_sessions(
    session: Session,
    training: TrainingClass,
    plan: Sequence[PlanRow],
    slots: list[tuple[LessonSlot, ...]],
    now: datetime,
) -> list[ClassSession]:
    rooms = repository.rooms_of(session, training.institution_id)
    added = []
    for index, (row, hours) in enumerate(zip(plan, slots, strict=True)):
        start, end = times_of(row, index)
        where = f"/plan/{index}/room_id"
        if row.room_id not in rooms:
            raise _error("PLAN_ROOM_UNKNOWN", 422, where, "该机构没有这个教室", "the institution has no such room")
        if repository.occupied(session, row.room_id, start, end):
            raise _error(
                "PLAN_ROOM_TAKEN",
                422,
                where,
                f"计划第 {index + 1} 行:该时段教室已被占用",
                f"plan row {index + 1}: the room is taken at that time",
            )
        held = ClassSession(
            created_at=now,
            class_id=training.id,
            room_id=row.room_id,
            code=secrets.token_urlsafe(_CODE_BYTES),
            local_date=row.date,
            start=start,
            end=end,
            kind=row.kind,
            teachers=row.teachers,
        )
        session.add(held)
        session.flush()
        added.append(held)
        session.add_all(
            LessonHour(created_at=now, session_id=held.id, slot=slot, start=one.start, end=one.end)
            for slot, one in enumerate(hours, start=1)
        )
        session.flush()
    return added


def drop_sessions(session: Session, training: TrainingClass) -> None:
    """Of a class that was never approved: nobody checked in, nothing was recorded."""
    mine = select(ClassSession.id).where(ClassSession.class_id == training.id)
    session.execute(delete(LessonHour).where(LessonHour.session_id.in_(mine)))
    session.execute(delete(ClassSession).where(ClassSession.class_id == training.id))


def _error(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
