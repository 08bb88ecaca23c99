"""What a change wants of the plan, checked like a row of an opening: when it is asked for, and again when it is
decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.changes import repository
from supervisor.changes.makeable import makeable
from supervisor.changes.models import PlanChange
from supervisor.changes.schemas import Cancel, ChangeIn, MakeupLesson, Move, OtherRoom, Substitute
from supervisor.classes import repository as classes
from supervisor.classes.models import ClassSession, TrainingClass
from supervisor.classes.plan import check_day, check_room, row_slots, row_times
from supervisor.classes.schemas import PlanRow
from supervisor.profiles import profile_named
from supervisor.rules.evidence import LessonKind
from supervisor.rules.lesson_hours import LessonSlot
from supervisor.rules.plan_change import ChangeKind


@dataclass(frozen=True, slots=True)
class WantedPlan:
    """What a change wants. `held`: the session as planned; `row`: of the session held instead, `slots` its lesson
    hours; `made_up`: the lesson hours it makes up for."""

    held: ClassSession
    row: PlanRow | None = None
    slots: tuple[LessonSlot, ...] = ()
    teachers: tuple[str, ...] = ()
    made_up: tuple[UUID, ...] = ()


def wanted_plan(session: Session, training: TrainingClass, wanted: ChangeIn, now: datetime) -> WantedPlan:
    """Raises the errors of `supervisor.changes.service.ask`, those of times apart."""
    if isinstance(wanted, MakeupLesson):
        return _makeup(session, training, wanted, now)
    held = _session(session, training, wanted.session_id)
    if repository.open_of_session(session, held.id, now) is not None:
        raise _error("CHANGE_PENDING", 409, "/session_id", "这次课已有待审批的变更", "a change of it is pending")
    if isinstance(wanted, Cancel):
        return WantedPlan(held)
    if isinstance(wanted, Substitute):
        if wanted.teachers == held.teachers:
            raise _nothing()
        return WantedPlan(held, teachers=tuple(wanted.teachers))
    row = _row_of(session, held, wanted)
    if (row.room_id, *row_times(row, 0)) == (held.room_id, held.start, held.end):
        raise _nothing()
    return _checked(session, training, WantedPlan(held, row=row))


def _row_of(session: Session, held: ClassSession, wanted: Move | OtherRoom) -> PlanRow:
    if isinstance(wanted, Move):
        day, start, end = wanted.date, wanted.start, wanted.end
    else:
        day = held.local_date
        start, end = (at.astimezone(CHINA).time() for at in (held.start, held.end))
    return PlanRow(
        date=day,
        start=start,
        end=end,
        lesson_hours=len(classes.lesson_hours(session, [held.id])),
        kind=LessonKind(held.kind),
        room_id=wanted.room_id or held.room_id,
        teachers=held.teachers,
    )


def _makeup(session: Session, training: TrainingClass, wanted: MakeupLesson, now: datetime) -> WantedPlan:
    known = {hour.id: (hour, held) for hour, held in repository.hours_of(session, training.id)}
    ready = makeable(session, training.id, now)
    origins: list[UUID] = []
    for index, hour_id in enumerate(wanted.lesson_hour_ids):
        if hour_id not in known:
            raise _error("LESSON_NOT_FOUND", 404, f"/lesson_hour_ids/{index}", "没有这个学时", "no such lesson hour")
        hour = known[hour_id][0]
        origin = hour.makes_up_for or hour.id
        if origin in origins or origin not in ready:
            raise _error(
                "LESSON_NOT_FAILED",
                422,
                f"/lesson_hour_ids/{index}",
                "只有未通过或已停课、且尚未安排补课的学时可以补课",
                "only a lesson hour that failed or was cancelled, and is not made up for yet, can be made up for",
            )
        origins.append(origin)
    held = known[origins[0]][1]
    row = PlanRow(
        date=wanted.date,
        start=wanted.start,
        end=wanted.end,
        lesson_hours=len(origins),
        kind=LessonKind(held.kind),
        room_id=wanted.room_id,
        teachers=wanted.teachers,
    )
    return _checked(session, training, WantedPlan(held, row=row, made_up=tuple(origins)))


def _checked(session: Session, training: TrainingClass, plan: WantedPlan) -> WantedPlan:
    """The checks of an opening for the one row, and an accepted camera where the room is another one (2.6)."""
    assert plan.row is not None
    row, profile = plan.row, profile_named(training.profile)
    leaves = None if plan.made_up else plan.held.id
    try:
        (slots,) = row_slots([row], profile)
        already = repository.hours_on(session, training.id, row.date, leaves)
        check_day(row.date, already + row.lesson_hours, profile, 0)
        check_room(session, classes.rooms_of(session, training.institution_id), row, 0, leaves)
    except LessonProofError as error:  # this is no whole plan: say the place in what was sent
        error.where = (error.where or "").removeprefix("/plan/0") or None
        raise
    other = plan.made_up or row.room_id != plan.held.room_id
    if other and training.exempt is None and not repository.watched(session, row.room_id):
        raise _error(
            "ROOM_NOT_ACCEPTED",
            422,
            "/room_id",
            "该教室没有验收合格的摄像头,不能换到这里上课",
            "the room has no accepted camera: no lesson can be moved there",
        )
    return WantedPlan(plan.held, row, slots, made_up=plan.made_up)


def kept_plan(session: Session, training: TrainingClass, change: PlanChange) -> WantedPlan:
    """What was asked for, checked again on the day of the decision."""
    made_up = tuple(UUID(one) for one in change.after.get("makes_up_for", []))
    held = (
        session.get_one(ClassSession, change.session_id) if made_up else _session(session, training, change.session_id)
    )
    if change.kind in (ChangeKind.CANCEL, ChangeKind.SUBSTITUTE):
        return WantedPlan(held, teachers=tuple(change.after.get("teachers", ())))
    start, end = (datetime.fromisoformat(change.after[at]).astimezone(CHINA) for at in ("start", "end"))
    row = PlanRow(
        date=start.date(),
        start=start.time(),
        end=end.time(),
        lesson_hours=change.after["lesson_hours"],
        kind=LessonKind(held.kind),
        room_id=UUID(change.after["room_id"]),
        teachers=change.after["teachers"] if made_up else held.teachers,
    )
    return _checked(session, training, WantedPlan(held, row=row, made_up=made_up))


def _session(session: Session, training: TrainingClass, session_id: UUID) -> ClassSession:
    held = repository.session_of(session, training.id, session_id)
    if held is None:
        raise _error("SESSION_NOT_FOUND", 404, "/session_id", "班级没有这次课", "the class has no such session")
    if held.voided_at is not None:
        raise _error("SESSION_VOID", 409, "/session_id", "这次课已调走或已停课", "this session was moved or cancelled")
    return held


def as_planned(held: ClassSession) -> dict[str, Any]:
    return {
        "room_id": str(held.room_id),
        "start": held.start.isoformat(),
        "end": held.end.isoformat(),
        "teachers": held.teachers,
    }


def after_of(plan: WantedPlan, kind: ChangeKind) -> dict[str, Any]:
    """What is to be in its place; of a cancelled session nothing."""
    if kind is ChangeKind.CANCEL:
        return {}
    if plan.row is None:
        return as_planned(plan.held) | {"teachers": list(plan.teachers)}
    start, end = row_times(plan.row, 0)
    after = {
        "room_id": str(plan.row.room_id),
        "start": start.isoformat(),
        "end": end.isoformat(),
        "teachers": plan.row.teachers,
        "lesson_hours": plan.row.lesson_hours,
    }
    return after | ({"makes_up_for": [str(one) for one in plan.made_up]} if plan.made_up else {})


def _nothing() -> LessonProofError:
    return _error("CHANGE_NOTHING", 422, None, "与原计划相同,没有变更", "this is the plan as it is")


def _error(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
