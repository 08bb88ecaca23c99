"""SQL of exams. For callers that have already been let into the class, but for `unfinished`, which is the clock's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from supervisor.attendance.models import CheckIn
from supervisor.classes.models import RosterEntry, TrainingClass
from supervisor.exams.models import ExamResult

ACTIVE = ("enrolled", "active")


def results(session: Session, class_id: UUID) -> dict[UUID, list[ExamResult]]:
    """Roster entry → its versions, newest first."""
    found: dict[UUID, list[ExamResult]] = {}
    query = select(ExamResult).where(ExamResult.class_id == class_id).order_by(ExamResult.version.desc())
    for one in session.scalars(query):
        found.setdefault(one.roster_entry_id, []).append(one)
    return found


def active(session: Session, class_id: UUID) -> Sequence[RosterEntry]:
    query = select(RosterEntry).where(RosterEntry.class_id == class_id, RosterEntry.status.in_(ACTIVE))
    return session.scalars(query.order_by(RosterEntry.position)).all()


def examined(session: Session, class_id: UUID) -> set[UUID]:
    """Roster entries that have a result."""
    return set(session.scalars(select(ExamResult.roster_entry_id).where(ExamResult.class_id == class_id).distinct()))


def checked_in(session: Session, session_ids: Collection[UUID]) -> set[UUID]:
    """Roster entries with an accepted check-in to one of these sessions."""
    query = select(CheckIn.roster_entry_id).where(
        CheckIn.session_id.in_(session_ids), CheckIn.direction == "in", CheckIn.status == "accepted"
    )
    return set(session.scalars(query.distinct()))


def unfinished(session: Session) -> Sequence[UUID]:
    """Classes whose state the clock, or the last result, may still move."""
    moving = ("approved", "running", "finished")
    return session.scalars(select(TrainingClass.id).where(TrainingClass.status.in_(moving))).all()


def locked(session: Session, class_id: UUID) -> TrainingClass:
    return session.get_one(TrainingClass, class_id, with_for_update=True)
