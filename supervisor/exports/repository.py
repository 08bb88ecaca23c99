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
from supervisor.exports.schemas import ExportsWanted
from supervisor.paging import Columns, Key


class ExportRow(NamedTuple):
    request: ExportRequest
    answer: ExportAnswer | None
    hour: LessonHour | None
    training: TrainingClass
    fetched: int


def with_class(query: Select[*Columns]) -> Select[*Columns]:
    """Joined with the lesson hour that a request is about, if it is about one, and with the class."""
    return (
        query.outerjoin(LessonHour, LessonHour.id == ExportRequest.lesson_hour_id)
        .outerjoin(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == func.coalesce(ExportRequest.class_id, ClassSession.class_id))
    )


def _exports(caller: Caller) -> Select[ExportRequest, ExportAnswer, LessonHour, TrainingClass, int]:
    fetched = select(func.count()).where(ExportFetch.export_id == ExportRequest.id).scalar_subquery()
    query = select(ExportRequest, ExportAnswer, LessonHour, TrainingClass, fetched)
    answered = query.outerjoin(ExportAnswer, ExportAnswer.export_id == ExportRequest.id)
    return with_class(answered).where(caller.sees(TrainingClass.institution_id))


def export(session: Session, caller: Caller, export_id: UUID, *, lock: bool = False) -> ExportRow | None:
    """`lock`: against a second answer at the same moment."""
    if lock:
        session.execute(select(ExportRequest.id).where(ExportRequest.id == export_id).with_for_update())
    row = session.execute(_exports(caller).where(ExportRequest.id == export_id)).one_or_none()
    return None if row is None else ExportRow(row[0], row[1], row[2], row[3], row[4])


def exports(
    session: Session, caller: Caller, wanted: ExportsWanted, before: Key | None, limit: int
) -> Sequence[ExportRow]:
    """Newest first."""
    query = _exports(caller)
    if wanted.lesson_hour_id is not None:
        query = query.where(ExportRequest.lesson_hour_id == wanted.lesson_hour_id)
    if wanted.class_id is not None:
        query = query.where(ExportRequest.class_id == wanted.class_id)
    if wanted.waiting:
        query = query.where(ExportAnswer.export_id.is_(None))
    if before is not None:
        query = query.where(tuple_(ExportRequest.at, ExportRequest.id) < before)
    query = query.order_by(ExportRequest.at.desc(), ExportRequest.id.desc()).limit(limit)
    return [
        ExportRow(one, said, hour, training, fetched) for one, said, hour, training, fetched in session.execute(query)
    ]
