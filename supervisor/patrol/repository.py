"""SQL of patrols. People see those of the institutions in their scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from supervisor.callers import Caller
from supervisor.classes.models import TrainingClass
from supervisor.paging import Key
from supervisor.patrol.models import Patrol, PatrolClosing, RollCall, RollCallAnswer

PatrolRow = tuple[Patrol, TrainingClass, PatrolClosing | None]


def _patrols(caller: Caller) -> Select[Patrol, TrainingClass, PatrolClosing]:
    return (
        select(Patrol, TrainingClass, PatrolClosing)
        .join(TrainingClass, TrainingClass.id == Patrol.class_id)
        .outerjoin(PatrolClosing, PatrolClosing.patrol_id == Patrol.id)
        .where(caller.sees(TrainingClass.institution_id))
    )


def patrol(session: Session, caller: Caller, patrol_id: UUID, *, lock: bool = False) -> PatrolRow | None:
    """`lock`: against a second closing, or an answer after it, at the same moment."""
    if lock:
        session.execute(select(Patrol.id).where(Patrol.id == patrol_id).with_for_update())
    row = session.execute(_patrols(caller).where(Patrol.id == patrol_id)).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def patrols(
    session: Session,
    caller: Caller,
    *,
    class_id: UUID | None,
    account_id: UUID | None,
    day: date | None,
    still_open: bool,
    before: Key | None,
    limit: int,
) -> list[PatrolRow]:
    """Newest first. `before`: only older ones than this."""
    query = _patrols(caller)
    if class_id is not None:
        query = query.where(Patrol.class_id == class_id)
    if account_id is not None:
        query = query.where(Patrol.account_id == account_id)
    if day is not None:
        query = query.where(Patrol.local_date == day)
    if still_open:
        query = query.where(PatrolClosing.patrol_id.is_(None))
    if before is not None:
        query = query.where(tuple_(Patrol.opened_at, Patrol.id) < before)
    rows = session.execute(query.order_by(Patrol.opened_at.desc(), Patrol.id.desc()).limit(limit))
    return [(one, training, closing) for one, training, closing in rows]


def roll_calls(session: Session, patrol_ids: Collection[UUID]) -> Sequence[RollCall]:
    """For callers that have already been let into the patrols; oldest first."""
    return session.scalars(select(RollCall).where(RollCall.patrol_id.in_(patrol_ids)).order_by(RollCall.at)).all()


def answers(session: Session, roll_call_ids: Collection[UUID]) -> Sequence[RollCallAnswer]:
    return session.scalars(select(RollCallAnswer).where(RollCallAnswer.roll_call_id.in_(roll_call_ids))).all()


def answers_of_lesson(session: Session, lesson_hour_id: UUID) -> Sequence[str]:
    query = (
        select(RollCallAnswer.answer)
        .join(RollCall, RollCall.id == RollCallAnswer.roll_call_id)
        .join(Patrol, Patrol.id == RollCall.patrol_id)
    )
    return session.scalars(query.where(Patrol.lesson_hour_id == lesson_hour_id)).all()
