"""SQL of one trainee's history, for callers that have already been let into the roster entry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from supervisor.attendance.models import CheckIn
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, LessonHour, RosterEntry, TrainingClass
from supervisor.decisions.models import LessonLife
from supervisor.leave.models import LeaveRequest, MakeupRequest
from supervisor.paging import Key


def others(session: Session, caller: Caller, entry: RosterEntry) -> list[tuple[RosterEntry, TrainingClass]]:
    query = (
        select(RosterEntry, TrainingClass)
        .join(TrainingClass, TrainingClass.id == RosterEntry.class_id)
        .where(
            RosterEntry.trainee_id == entry.trainee_id,
            RosterEntry.class_id != entry.class_id,
            caller.sees(TrainingClass.institution_id),
        )
    )
    rows = session.execute(query.order_by(RosterEntry.created_at, RosterEntry.id))
    return [(one, training) for one, training in rows]


def sessions(session: Session, class_id: UUID, after: Key | None, limit: int) -> Sequence[ClassSession]:
    """Void ones too: whoever had checked in to them did."""
    query = select(ClassSession).where(ClassSession.class_id == class_id)
    if after is not None:
        query = query.where(tuple_(ClassSession.start, ClassSession.id) > after)
    return session.scalars(query.order_by(ClassSession.start, ClassSession.id).limit(limit)).all()


def hours(session: Session, session_ids: Collection[UUID]) -> Sequence[LessonHour]:
    query = select(LessonHour).where(LessonHour.session_id.in_(session_ids))
    return session.scalars(query.order_by(LessonHour.start, LessonHour.slot)).all()


def stages(session: Session, lesson_hour_ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(LessonLife.lesson_hour_id, LessonLife.stage).where(LessonLife.lesson_hour_id.in_(lesson_hour_ids))
    return {hour: stage for hour, stage in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def check_ins(session: Session, entry_id: UUID, session_ids: Collection[UUID]) -> Sequence[CheckIn]:
    query = select(CheckIn).where(CheckIn.roster_entry_id == entry_id, CheckIn.session_id.in_(session_ids))
    return session.scalars(query.order_by(CheckIn.at, CheckIn.id)).all()


def makeups(session: Session, entry_id: UUID, session_ids: Collection[UUID]) -> Sequence[MakeupRequest]:
    query = select(MakeupRequest).where(
        MakeupRequest.roster_entry_id == entry_id, MakeupRequest.session_id.in_(session_ids)
    )
    return session.scalars(query.order_by(MakeupRequest.asked_at, MakeupRequest.id)).all()


def leaves(session: Session, entry_id: UUID) -> Sequence[LeaveRequest]:
    query = select(LeaveRequest).where(LeaveRequest.roster_entry_id == entry_id)
    return session.scalars(query.order_by(LeaveRequest.start, LeaveRequest.id)).all()
