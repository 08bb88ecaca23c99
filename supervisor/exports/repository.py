"""SQL of exports. People see those of the institutions in their scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.exports.models import ExportAnswer, ExportFetch, ExportRequest
from supervisor.paging import Key


class ExportRow(NamedTuple):
    request: ExportRequest
    answer: ExportAnswer | None
    hour: LessonHour
    training: TrainingClass
    fetched: int


def _exports(caller: Caller) -> Select[ExportRequest, ExportAnswer, LessonHour, TrainingClass, int]:
    fetched = select(func.count()).where(ExportFetch.export_id == ExportRequest.id).scalar_subquery()
    return (
        select(ExportRequest, ExportAnswer, LessonHour, TrainingClass, fetched)
        .outerjoin(ExportAnswer, ExportAnswer.export_id == ExportRequest.id)
        .join(LessonHour, LessonHour.id == ExportRequest.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(caller.sees(TrainingClass.institution_id))
    )


def export(session: Session, caller: Caller, export_id: UUID, *, lock: bool = False) -> ExportRow | None:
    """`lock`: against a second answer at the same moment."""
    if lock:
        session.execute(select(ExportRequest.id).where(ExportRequest.id == export_id).with_for_update())
    row = session.execute(_exports(caller).where(ExportRequest.id == export_id)).one_or_none()
    return None if row is None else ExportRow(row[0], row[1], row[2], row[3], row[4])


def exports(
    session: Session, caller: Caller, lesson_hour_id: UUID | None, waiting: bool, before: Key | None, limit: int
) -> Sequence[ExportRow]:
    """Newest first. `waiting`: only those that nobody has answered."""
    query = _exports(caller)
    if lesson_hour_id is not None:
        query = query.where(ExportRequest.lesson_hour_id == lesson_hour_id)
    if waiting:
        query = query.where(ExportAnswer.export_id.is_(None))
    if before is not None:
        query = query.where(tuple_(ExportRequest.at, ExportRequest.id) < before)
    query = query.order_by(ExportRequest.at.desc(), ExportRequest.id.desc()).limit(limit)
    return [
        ExportRow(one, said, hour, training, fetched) for one, said, hour, training, fetched in session.execute(query)
    ]
