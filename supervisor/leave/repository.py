"""SQL of leave, make-up check-ins and drop-outs. People see their own institution's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from supervisor.attendance.repository import ON_ROSTER
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.leave.models import DropOut, LeaveRequest, MakeupRequest
from supervisor.rules.leave import Leave, LeaveKind
from supervisor.rules.lesson_hours import LessonSlot

Asked = TypeVar("Asked", LeaveRequest, MakeupRequest, DropOut)


def asked(session: Session, caller: Caller, table: type[Asked], wanted: UUID) -> tuple[Asked, TrainingClass] | None:
    """A request and its class, locked against a second decision."""
    query = (
        select(table, TrainingClass)
        .join(TrainingClass, TrainingClass.id == table.class_id)
        .where(table.id == wanted, caller.sees(TrainingClass.institution_id))
        .with_for_update()
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def of_class(session: Session, class_id: UUID, table: type[Asked]) -> Sequence[Asked]:
    """Oldest first, for callers that have already been let into the class."""
    query = select(table).where(table.class_id == class_id).order_by(table.asked_at, table.id)
    return session.scalars(query).all()


def on_roster(session: Session, class_id: UUID, entry_id: UUID) -> RosterEntry | None:
    """For callers that have already been let into the class."""
    query = select(RosterEntry).where(RosterEntry.id == entry_id, RosterEntry.class_id == class_id)
    return session.scalar(query.where(RosterEntry.status.in_(ON_ROSTER)))


def roster_end(session: Session, class_id: UUID) -> tuple[int, int]:
    """How many are on the roster, and the next free position."""
    query = select(func.count(RosterEntry.id), func.max(RosterEntry.position)).where(RosterEntry.class_id == class_id)
    _, last = session.execute(query).one()
    size = session.scalar(
        select(func.count(RosterEntry.id)).where(RosterEntry.class_id == class_id, RosterEntry.status.in_(ON_ROSTER))
    )
    return size or 0, 0 if last is None else last + 1


def overlapping_leave(session: Session, entry_id: UUID, start: datetime, until: datetime) -> UUID | None:
    query = select(LeaveRequest.id).where(
        LeaveRequest.roster_entry_id == entry_id,
        LeaveRequest.state.in_(("asked", "approved")),
        LeaveRequest.start < until,
        LeaveRequest.until > start,
    )
    return session.scalar(query.limit(1))


def leaves_of(session: Session, entry_id: UUID) -> Sequence[LeaveRequest]:
    """Of one trainee in one class, newest first."""
    query = select(LeaveRequest).where(LeaveRequest.roster_entry_id == entry_id)
    return session.scalars(query.order_by(LeaveRequest.asked_at.desc(), LeaveRequest.id)).all()


def pending_leaves(session: Session, entry_id: UUID) -> int:
    query = select(func.count(LeaveRequest.id)).where(
        LeaveRequest.roster_entry_id == entry_id, LeaveRequest.state == "asked"
    )
    return session.scalar(query) or 0


def approved_leaves(session: Session, class_ids: Iterable[UUID]) -> dict[UUID, dict[str, list[Leave]]]:
    """Class → opaque roster reference → leaves in force."""
    query = select(LeaveRequest).where(LeaveRequest.class_id.in_(list(class_ids)), LeaveRequest.state == "approved")
    found: dict[UUID, dict[str, list[Leave]]] = {}
    for row in session.scalars(query.order_by(LeaveRequest.start)):
        assert row.decided_at is not None
        leave = Leave(LeaveKind(row.kind), row.start, row.until, row.decided_at, row.paper_sha256 is not None)
        found.setdefault(row.class_id, {}).setdefault(str(row.roster_entry_id), []).append(leave)
    return found


def makeups_used(session: Session, entry_id: UUID) -> int:
    """Make-up check-ins of this trainee in this class that were not refused."""
    query = select(func.count(MakeupRequest.id)).where(
        MakeupRequest.roster_entry_id == entry_id, MakeupRequest.state != "refused"
    )
    return session.scalar(query) or 0


def drop_out_pending(session: Session, entry_id: UUID) -> bool:
    query = select(DropOut.id).where(DropOut.roster_entry_id == entry_id, DropOut.state == "asked")
    return session.scalar(query.limit(1)) is not None


def session_of(session: Session, class_id: UUID, session_id: UUID) -> ClassSession | None:
    """In force, for callers that have already been let into the class."""
    query = select(ClassSession).where(ClassSession.id == session_id, ClassSession.class_id == class_id)
    return session.scalar(query.where(ClassSession.voided_at.is_(None)))


def plan(session: Session, class_id: UUID) -> list[LessonSlot]:
    """The lesson hours in force; a make-up lesson adds none to the plan."""
    query = (
        select(LessonHour.start, LessonHour.end)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(ClassSession.class_id == class_id, ClassSession.voided_at.is_(None), LessonHour.makes_up_for.is_(None))
        .order_by(LessonHour.start)
    )
    return [LessonSlot(start, end) for start, end in session.execute(query)]


def sessions_touched(session: Session, class_id: UUID, start: datetime, until: datetime, now: datetime) -> list[UUID]:
    """Sessions in force that overlap [start, until) and have begun."""
    query = select(ClassSession.id).where(
        ClassSession.class_id == class_id,
        ClassSession.voided_at.is_(None),
        ClassSession.start < until,
        ClassSession.end > start,
        ClassSession.start <= now,
    )
    return list(session.scalars(query.order_by(ClassSession.start)))


def has_trainee(session: Session, class_id: UUID, id_number_hmac: str) -> bool:
    """Whether the person has a row in the class, whatever its status."""
    query = select(RosterEntry.id).join(Trainee, Trainee.id == RosterEntry.trainee_id)
    query = query.where(RosterEntry.class_id == class_id, Trainee.id_number_hmac == id_number_hmac)
    return session.scalar(query.limit(1)) is not None
