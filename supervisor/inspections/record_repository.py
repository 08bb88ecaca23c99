"""SQL of inspection records and rectifications. People see those of the institutions in their scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session

from storage.database.types import UtcDateTime
from supervisor.callers import Caller
from supervisor.classes.models import TrainingClass
from supervisor.inspections.models import (
    InspectionRecord,
    InspectionSignature,
    RectificationAnswer,
    RectificationFile,
    RectificationRuling,
)
from supervisor.lessons.models import ViewLog
from supervisor.paging import Key

RecordRow = tuple[InspectionRecord, TrainingClass]
Turn = Literal["institution", "inspector"]


def _records(caller: Caller) -> Select[InspectionRecord, TrainingClass]:
    return (
        select(InspectionRecord, TrainingClass)
        .join(TrainingClass, TrainingClass.id == InspectionRecord.class_id)
        .where(caller.sees(TrainingClass.institution_id))
    )


def record(session: Session, caller: Caller, inspection_id: UUID, *, lock: bool = False) -> RecordRow | None:
    """`lock`: against a second answer or ruling at the same moment."""
    if lock:
        mine = select(InspectionRecord.id).where(InspectionRecord.id == inspection_id)
        session.execute(mine.with_for_update(key_share=True))
    row = session.execute(_records(caller).where(InspectionRecord.id == inspection_id)).one_or_none()
    return None if row is None else (row[0], row[1])


def records(
    session: Session, caller: Caller, class_id: UUID | None, turn: Turn | None, after: Key | None, limit: int
) -> list[RecordRow]:
    """Newest first. `turn`: only those that wait for it."""
    query = _records(caller)
    if class_id is not None:
        query = query.where(InspectionRecord.class_id == class_id)
    if turn is not None:
        query = query.where(InspectionRecord.due_at.is_not(None), waits(turn))
    if after is not None:
        query = query.where(tuple_(InspectionRecord.at, InspectionRecord.id) < after)
    rows = session.execute(query.order_by(InspectionRecord.at.desc(), InspectionRecord.id.desc()).limit(limit))
    return [(one, training) for one, training in rows]


def overdue(
    session: Session, caller: Caller, now: datetime, after: Key | None, limit: int
) -> list[tuple[Key, RecordRow]]:
    """Those without an answer at the end of their present term, by that end."""
    due = func.coalesce(last_due(), InspectionRecord.due_at, type_=UtcDateTime())
    query = _records(caller).add_columns(due)
    query = query.where(InspectionRecord.due_at.is_not(None), due <= now)
    query = query.where(waits("institution"))
    if after is not None:
        query = query.where(tuple_(due, InspectionRecord.id) > after)
    rows = session.execute(query.order_by(due, InspectionRecord.id).limit(limit))
    return [((until, one.id), (one, training)) for one, training, until in rows]


def counts(session: Session, caller: Caller, now: datetime) -> dict[str, int]:
    """How many records there are: `all`, those that wait for either side, and those whose term is over."""
    due = func.coalesce(last_due(), InspectionRecord.due_at, type_=UtcDateTime())
    demanded = InspectionRecord.due_at.is_not(None)
    asked = {
        "all": [],
        "institution": [demanded, waits("institution")],
        "inspector": [demanded, waits("inspector")],
        "overdue": [demanded, due <= now, waits("institution")],
    }
    found = {}
    for name, conditions in asked.items():
        query = _records(caller).where(*conditions).with_only_columns(InspectionRecord.id).subquery()
        found[name] = session.scalar(select(func.count()).select_from(query)) or 0
    return found


def last_due() -> ScalarSelect[datetime | None]:
    """The term that the newest ruling gave."""
    return (
        select(RectificationRuling.due_at)
        .where(RectificationRuling.inspection_id == InspectionRecord.id)
        .order_by(RectificationRuling.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


def waits(turn: Turn) -> ColumnElement[bool]:
    """Whose turn it is where something is demanded: an answer without a ruling is the inspector's; else, until one is
    accepted, it is the institution's."""
    ruled = exists().where(
        RectificationRuling.inspection_id == RectificationAnswer.inspection_id,
        RectificationRuling.seq == RectificationAnswer.seq,
    )
    unruled = exists().where(RectificationAnswer.inspection_id == InspectionRecord.id, ~ruled)
    accepted = exists().where(
        RectificationRuling.inspection_id == InspectionRecord.id, RectificationRuling.accepted.is_(True)
    )
    return unruled if turn == "inspector" else and_(~unruled, ~accepted)


def signatures(session: Session, ids: Collection[UUID]) -> Sequence[InspectionSignature]:
    """For callers that have already been let into the records, as those below; in their order."""
    query = select(InspectionSignature).where(InspectionSignature.inspection_id.in_(ids))
    return session.scalars(query.order_by(InspectionSignature.at, InspectionSignature.account_id)).all()


def answers(session: Session, ids: Collection[UUID]) -> Sequence[RectificationAnswer]:
    query = select(RectificationAnswer).where(RectificationAnswer.inspection_id.in_(ids))
    return session.scalars(query.order_by(RectificationAnswer.inspection_id, RectificationAnswer.seq)).all()


def rulings(session: Session, ids: Collection[UUID]) -> Sequence[RectificationRuling]:
    query = select(RectificationRuling).where(RectificationRuling.inspection_id.in_(ids))
    return session.scalars(query.order_by(RectificationRuling.inspection_id, RectificationRuling.seq)).all()


def files(session: Session, ids: Collection[UUID]) -> Sequence[RectificationFile]:
    query = select(RectificationFile).where(RectificationFile.inspection_id.in_(ids))
    return session.scalars(query.order_by(RectificationFile.at, RectificationFile.sha256)).all()


def looked_at(session: Session, account_id: UUID, lesson_hour_ids: Collection[UUID]) -> set[UUID]:
    """Of these, the lesson hours whose recording the register says this person has opened."""
    query = select(ViewLog.lesson_hour_id).where(
        ViewLog.account_id == account_id,
        ViewLog.lesson_hour_id.in_(lesson_hour_ids),
        ViewLog.what.not_in(("papers", "patrol")),
    )
    return set(session.scalars(query.distinct()))


def of_plan(session: Session, plan_id: UUID) -> Sequence[InspectionRecord]:
    """Oldest first."""
    query = select(InspectionRecord).where(InspectionRecord.plan_id == plan_id)
    return session.scalars(query.order_by(InspectionRecord.at, InspectionRecord.id)).all()
