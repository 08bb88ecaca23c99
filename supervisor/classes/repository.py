"""SQL of classes. People see their own institution's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, Institution, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.devices.models import Room, Site
from supervisor.paging import paged

_VOID = ("rejected", "withdrawn", "voided")


def institutions(session: Session, caller: Caller, cursor: str | None, size: int) -> Sequence[Institution]:
    query = select(Institution).where(caller.sees(Institution.id))
    return session.scalars(paged(query, Institution.created_at, Institution.id, cursor, size)).all()


def institution(session: Session, caller: Caller, institution_id: UUID) -> Institution | None:
    return session.scalar(select(Institution).where(Institution.id == institution_id, caller.sees(Institution.id)))


def institution_named(session: Session, name: str) -> Institution | None:
    return session.scalar(select(Institution).where(Institution.name == name))


def classes(session: Session, caller: Caller, cursor: str | None, size: int) -> Sequence[TrainingClass]:
    """The newest first."""
    query = select(TrainingClass).where(caller.sees(TrainingClass.institution_id))
    return session.scalars(paged(query, TrainingClass.created_at, TrainingClass.id, cursor, size, newest=True)).all()


def training_class(session: Session, caller: Caller, class_id: UUID, *, lock: bool = False) -> TrainingClass | None:
    """`lock`: against a second decision at the same moment."""
    query = select(TrainingClass).where(TrainingClass.id == class_id, caller.sees(TrainingClass.institution_id))
    return session.scalar(query.with_for_update() if lock else query)


def class_numbered(session: Session, class_no: str) -> TrainingClass | None:
    return session.scalar(select(TrainingClass).where(TrainingClass.class_no == class_no))


def roster(session: Session, class_id: UUID) -> Sequence[tuple[RosterEntry, Trainee]]:
    """The newest version, for callers that have already been let into the class."""
    newest = select(func.max(RosterEntry.version)).where(RosterEntry.class_id == class_id).scalar_subquery()
    query = select(RosterEntry, Trainee).join(Trainee, Trainee.id == RosterEntry.trainee_id)
    rows = session.execute(
        query.where(RosterEntry.class_id == class_id, RosterEntry.version == newest).order_by(RosterEntry.position)
    )
    return [(entry, trainee) for entry, trainee in rows]


def sessions(session: Session, class_id: UUID) -> Sequence[ClassSession]:
    """The plan in force: what was moved or cancelled is left out."""
    query = select(ClassSession).where(ClassSession.class_id == class_id, ClassSession.voided_at.is_(None))
    return session.scalars(query.order_by(ClassSession.start, ClassSession.id)).all()


def lesson_hours(session: Session, session_ids: Iterable[UUID]) -> Sequence[LessonHour]:
    query = select(LessonHour).where(LessonHour.session_id.in_(list(session_ids)))
    return session.scalars(query.order_by(LessonHour.start, LessonHour.slot)).all()


def trainees_by_hash(session: Session, hashes: Iterable[str]) -> dict[str, Trainee]:
    query = select(Trainee).where(Trainee.id_number_hmac.in_(list(hashes)))
    return {trainee.id_number_hmac: trainee for trainee in session.scalars(query)}


def rooms_of(session: Session, institution_id: UUID) -> set[UUID]:
    return set(session.scalars(select(Room.id).join(Site).where(Site.institution_id == institution_id)))


def occupied(session: Session, room_id: UUID, start: datetime, end: datetime, but: UUID | None = None) -> bool:
    """Whether another class that is not void already has the room in [start, end) (Q21). `but`: a session that would
    leave it."""
    query = (
        select(ClassSession.id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(
            ClassSession.room_id == room_id,
            ClassSession.start < end,
            ClassSession.end > start,
            ClassSession.voided_at.is_(None),
            ClassSession.id != but if but else true(),
            TrainingClass.status.not_in(_VOID),
        )
        .limit(1)
    )
    return session.scalar(query) is not None
