"""SQL of sessions and check-ins as the staff see them: their own institution's, area's or sector's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.attendance.models import (
    TeacherCheckIn,
    TeacherRollCall,
    TeacherRollCallCheckIn,
    TeacherRollCallConfirmation,
)
from supervisor.attendance.repository import earlier_rooms
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, RosterEntry, Trainee, TrainingClass
from supervisor.devices.models import Box, Camera, Room, Site


@dataclass(frozen=True, slots=True)
class Held:
    session: ClassSession
    training: TrainingClass
    site: Site


def held(session: Session, caller: Caller, session_id: UUID) -> Held | None:
    query = (
        select(ClassSession, TrainingClass, Site)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .join(Room, Room.id == ClassSession.room_id)
        .join(Site, Site.id == Room.site_id)
        .where(ClassSession.id == session_id, caller.sees(TrainingClass.institution_id))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else Held(row[0], row[1], row[2])


def session_of_box(session: Session, box_id: UUID, session_id: UUID) -> tuple[ClassSession, TrainingClass] | None:
    """A session in a room that the box records."""
    query = (
        select(ClassSession, TrainingClass)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .join(Camera, Camera.room_id == ClassSession.room_id)
        .where(ClassSession.id == session_id, Camera.box_id == box_id)
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def teacher_check_ins(session: Session, session_id: UUID) -> Sequence[TeacherCheckIn]:
    """Oldest first."""
    query = select(TeacherCheckIn).where(TeacherCheckIn.session_id == session_id)
    return session.scalars(query.order_by(TeacherCheckIn.at)).all()


def teacher_came(session: Session, held: ClassSession) -> bool:
    """Also one who had checked in before the session was moved to another room at the same time."""
    ids = [held.id, *earlier_rooms(session, [held])]
    query = select(TeacherCheckIn.id).where(TeacherCheckIn.session_id.in_(ids))
    return session.scalar(query.limit(1)) is not None


def lock_session(session: Session, session_id: UUID) -> None:
    """One transaction at a time adds a teacher's check-in to a session; trainees' go on (`key_share`)."""
    session.execute(select(ClassSession.id).where(ClassSession.id == session_id).with_for_update(key_share=True))


def roll_call(session: Session, roll_call_id: UUID) -> TeacherRollCall | None:
    """For callers who are then let into its session, or not. Locked against a second confirmation at the same
    moment."""
    return session.scalar(select(TeacherRollCall).where(TeacherRollCall.id == roll_call_id).with_for_update())


def confirmation(session: Session, roll_call_id: UUID) -> TeacherRollCallConfirmation | None:
    return session.get(TeacherRollCallConfirmation, roll_call_id)


def names(session: Session, class_id: UUID) -> dict[UUID, str]:
    """Roster entry → name, withdrawn people too."""
    query = select(RosterEntry.id, Trainee.name).join(Trainee, Trainee.id == RosterEntry.trainee_id)
    rows = session.execute(query.where(RosterEntry.class_id == class_id).order_by(RosterEntry.position))
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class ByHand:
    """`called_by`: an account's name, or the box's at whose screen the roll was called. One of `inspector` (a name) and
    `trainee` (a roster entry) once confirmed."""

    called_by: str
    confirmed: bool
    inspector: str | None
    trainee: UUID | None


def by_hand(session: Session, check_in_ids: Iterable[UUID]) -> dict[UUID, ByHand]:
    """Who entered and who confirmed the check-ins of roll calls."""
    query = (
        select(TeacherRollCallCheckIn.check_in_id, TeacherRollCall.called_by, TeacherRollCallConfirmation, Box.name)
        .join(TeacherRollCall, TeacherRollCall.id == TeacherRollCallCheckIn.roll_call_id)
        .outerjoin(Box, Box.id == TeacherRollCall.box_id)
        .outerjoin(TeacherRollCallConfirmation, TeacherRollCallConfirmation.roll_call_id == TeacherRollCall.id)
        .where(TeacherRollCallCheckIn.check_in_id.in_(list(check_in_ids)))
    )
    rows = session.execute(query).all()
    people = {row[1] for row in rows} | {row[2].account_id for row in rows if row[2] is not None}
    accounts = {
        one.id: one.name
        for one in session.scalars(select(Account).where(Account.id.in_([one for one in people if one])))
    }
    return {
        row[0]: ByHand(
            called_by=accounts[row[1]] if row[1] else row[3],
            confirmed=row[2] is not None,
            inspector=accounts.get(row[2].account_id) if row[2] is not None and row[2].account_id else None,
            trainee=row[2].roster_entry_id if row[2] is not None else None,
        )
        for row in rows
    }
