"""Rows of a teaching plan: their checks, and the sessions and lesson hours made of them."""

from __future__ import annotations

import secrets
from base64 import b32encode
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.clock import CHINA, epoch_ms
from config.errors import LessonProofError
from config.profile import RegionProfile
from supervisor.classes import repository
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.classes.schemas import PlanRow
from supervisor.rules.lesson_hours import LessonSlot, split_row

LONGEST_SESSION = timedelta(hours=12)
_CODE_BYTES = 10
"""80 random bits in a check-in address, in Base32: upper case alone, so that a QR code of it stays small."""


def planned(session: Session, sessions: Sequence[ClassSession]) -> dict[str, list[int | str]]:
    """Lesson hour → start, end (ms since 1970), room: what was approved, for the signed log."""
    rooms = {plan.id: str(plan.room_id) for plan in sessions}
    hours = repository.lesson_hours(session, rooms)
    return {str(hour.id): [epoch_ms(hour.start), epoch_ms(hour.end), rooms[hour.session_id]] for hour in hours}


def row_times(row: PlanRow, index: int) -> tuple[datetime, datetime]:
    if row.start.tzinfo is not None or row.end.tzinfo is not None:
        raise _plan_times(index)
    start = datetime.combine(row.date, row.start, CHINA)
    end = datetime.combine(row.date, row.end, CHINA)
    if end <= start:
        end += timedelta(days=1)
    if end - start > LONGEST_SESSION:
        raise _plan_times(index)
    return start, end


def _plan_times(index: int) -> LessonProofError:
    return _error(
        "PLAN_ROW_TIMES",
        422,
        f"/plan/{index}",
        f"计划第 {index + 1} 行:开始或结束时间不正确(一次课不超过 12 小时)",
        f"plan row {index + 1}: start or end is wrong (a session lasts at most 12 hours)",
    )


def row_slots(plan: Sequence[PlanRow], profile: RegionProfile) -> list[tuple[LessonSlot, ...]]:
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
            slots.append(split_row(*row_times(row, index), row.lesson_hours, profile.lesson))
        except LessonProofError as error:
            if error.where is None:
                error.where = f"/plan/{index}/lesson_hours"
            raise
        a_day[row.date] += row.lesson_hours
        check_day(row.date, a_day[row.date], profile, index)
    return slots


def check_day(day: date, hours: int, profile: RegionProfile, index: int) -> None:
    """Raises PLAN_DAY_TOO_LONG (422)."""
    if hours > profile.lesson.max_per_day:
        raise _error(
            "PLAN_DAY_TOO_LONG",
            422,
            f"/plan/{index}/lesson_hours",
            f"{day} 超过每天 {profile.lesson.max_per_day} 学时",
            f"{day}: more than {profile.lesson.max_per_day} lesson hours in a day",
        )


def check_room(session: Session, rooms: set[UUID], row: PlanRow, index: int, but: UUID | None = None) -> None:
    """Raises PLAN_ROOM_UNKNOWN, PLAN_ROOM_TAKEN (422). `rooms`: of the institution; `but`: a session that would leave
    its own."""
    where = f"/plan/{index}/room_id"
    if row.room_id not in rooms:
        raise _error("PLAN_ROOM_UNKNOWN", 422, where, "该机构没有这个教室", "the institution has no such room")
    if repository.occupied(session, row.room_id, *row_times(row, index), but=but):
        raise _error(
            "PLAN_ROOM_TAKEN",
            422,
            where,
            f"计划第 {index + 1} 行:该时段教室已被占用",
            f"plan row {index + 1}: the room is taken at that time",
        )


def add_session(
    session: Session,
    training: TrainingClass,
    row: PlanRow,
    hours: tuple[LessonSlot, ...],
    now: datetime,
    *,
    replaces: UUID | None = None,
    makes_up_for: Sequence[UUID | None] = (),
) -> ClassSession:
    """A checked plan row as session and lesson hours. `makes_up_for`: for each of its lesson hours, if any."""
    start, end = row_times(row, 0)
    held = ClassSession(
        created_at=now,
        class_id=training.id,
        room_id=row.room_id,
        code=b32encode(secrets.token_bytes(_CODE_BYTES)).decode(),
        local_date=row.date,
        start=start,
        end=end,
        kind=row.kind,
        teachers=row.teachers,
        replaces=replaces,
    )
    session.add(held)
    session.flush()
    made_up = makes_up_for or [None] * len(hours)
    session.add_all(
        LessonHour(created_at=now, session_id=held.id, slot=slot, start=one.start, end=one.end, makes_up_for=failed)
        for slot, (one, failed) in enumerate(zip(hours, made_up, strict=True), start=1)
    )
    session.flush()
    return held


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
        check_room(session, rooms, row, index)
        added.append(add_session(session, training, row, hours, now))
    return added


def drop_sessions(session: Session, training: TrainingClass) -> None:
    """Of a class that was never approved: nobody checked in, nothing was recorded."""
    mine = select(ClassSession.id).where(ClassSession.class_id == training.id)
    session.execute(delete(LessonHour).where(LessonHour.session_id.in_(mine)))
    session.execute(delete(ClassSession).where(ClassSession.class_id == training.id))


def _error(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
