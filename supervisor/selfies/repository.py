"""SQL of selfies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from supervisor.attendance.models import CheckIn
from supervisor.classes.models import ClassSession, RosterEntry, TrainingClass
from supervisor.devices.models import Box, Camera
from supervisor.selfies.models import Selfie


def working_box_of_room(session: Session, room_id: UUID) -> Box | None:
    """The box that the room's cameras hang on, if it is not revoked."""
    hangs = exists().where(Camera.box_id == Box.id, Camera.room_id == room_id)
    return session.scalar(select(Box).where(hangs, Box.revoked_at.is_(None)).limit(1))


def counted(session: Session, session_id: UUID, entry_id: UUID) -> set[str]:
    """The directions in which this person's check-ins of the session count."""
    query = select(CheckIn.direction).where(
        CheckIn.session_id == session_id, CheckIn.roster_entry_id == entry_id, CheckIn.status != "rejected"
    )
    return set(session.scalars(query))


def own(session: Session, session_id: UUID, entry_id: UUID) -> dict[str, Selfie]:
    """By direction."""
    query = select(Selfie).where(Selfie.session_id == session_id, Selfie.roster_entry_id == entry_id)
    return {one.direction: one for one in session.scalars(query)}


def lock_entry(session: Session, entry_id: UUID) -> None:
    """One transaction at a time adds to a person's selfies."""
    session.execute(select(RosterEntry.id).where(RosterEntry.id == entry_id).with_for_update())


def of_entry(session: Session, entry_id: UUID) -> Sequence[Selfie]:
    query = select(Selfie).where(Selfie.roster_entry_id == entry_id)
    return session.scalars(query.order_by(Selfie.received_at, Selfie.id)).all()


def of_session(session: Session, session_id: UUID) -> dict[tuple[UUID, str], Selfie]:
    """By roster entry and direction."""
    query = select(Selfie).where(Selfie.session_id == session_id)
    return {(one.roster_entry_id, one.direction): one for one in session.scalars(query)}


Waiting = tuple[UUID, UUID, UUID, str, int, str]
"""Selfie, session, roster entry, direction, the phone's time (ms), key."""


def waiting(session: Session, box_id: UUID) -> list[Waiting]:
    """For a box, oldest first; without the sealed bytes: every box asks every few seconds."""
    query = (
        select(Selfie.id, Selfie.session_id, Selfie.roster_entry_id, Selfie.direction, Selfie.made_ms, Selfie.key_id)
        .where(Selfie.box_id == box_id, Selfie.result.is_(None))
        .order_by(Selfie.received_at, Selfie.id)
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in session.execute(query)]


def waiting_one(session: Session, box_id: UUID, selfie_id: UUID, *, lock: bool = False) -> Selfie | None:
    """None: another box's, answered already, replaced, withdrawn or past its time."""
    query = select(Selfie).where(Selfie.id == selfie_id, Selfie.box_id == box_id, Selfie.result.is_(None))
    return session.scalar(query.with_for_update() if lock else query)


def profile_of(session: Session, session_id: UUID) -> str:
    query = select(TrainingClass.profile).join(ClassSession, ClassSession.class_id == TrainingClass.id)
    return session.scalars(query.where(ClassSession.id == session_id)).one()


def delete_of_trainee(session: Session, trainee_id: UUID) -> int:
    entries = select(RosterEntry.id).where(RosterEntry.trainee_id == trainee_id)
    return _delete(session, Selfie.roster_entry_id.in_(entries))


def delete_over(session: Session, now: datetime) -> int:
    return _delete(session, Selfie.delete_after <= now)


def _delete(session: Session, where: ColumnElement[bool]) -> int:
    return len(session.scalars(delete(Selfie).where(where).returning(Selfie.id)).all())
