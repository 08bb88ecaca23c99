"""SQL of rooms' days. People see rooms, lesson hours and bookmarks in their own scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, Institution, TrainingClass
from supervisor.devices.models import Camera, Room, Site
from supervisor.lessons.models import EvidenceRow
from supervisor.patrol.models import Patrol, PatrolClosing
from supervisor.playback.models import Bookmark, Snapshot

DAYS = 14
MOST_FOUND = 60


def room(session: Session, caller: Caller, room_id: UUID) -> tuple[Room, Site, Institution] | None:
    row = session.execute(
        select(Room, Site, Institution)
        .join(Site, Site.id == Room.site_id)
        .join(Institution, Institution.id == Site.institution_id)
        .where(Room.id == room_id, caller.sees(Site.institution_id))
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def latest_days(session: Session, caller: Caller, until: date) -> list[date]:
    """The last days with lesson hours, newest first, none after `until`."""
    query = (
        select(ClassSession.local_date)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(
            ClassSession.local_date <= until,
            ClassSession.voided_at.is_(None),
            caller.sees(TrainingClass.institution_id),
        )
        .distinct()
        .order_by(ClassSession.local_date.desc())
        .limit(DAYS)
    )
    return list(session.scalars(query))


def rooms_named(session: Session, caller: Caller, text: str, until: date) -> dict[UUID, date]:
    """Rooms where this is part of the room's, site's, institution's or a class's name, each with the last day of such a
    class there."""
    like = [
        column.icontains(text, autoescape=True)
        for column in (Room.name, Site.name, Institution.name, TrainingClass.name, TrainingClass.class_no)
    ]
    last = func.max(ClassSession.local_date)
    query = (
        select(ClassSession.room_id, last)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .join(Room, Room.id == ClassSession.room_id)
        .join(Site, Site.id == Room.site_id)
        .where(
            or_(*like),
            ClassSession.local_date <= until,
            ClassSession.voided_at.is_(None),
            caller.sees(TrainingClass.institution_id),
        )
        .group_by(ClassSession.room_id)
        .order_by(last.desc())
        .limit(MOST_FOUND)
    )
    return {room_id: day for room_id, day in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def newest_evidence(session: Session, lesson_hour_ids: Collection[UUID]) -> dict[UUID, EvidenceRow]:
    """For callers that have already been let into the lesson hours."""
    query = select(EvidenceRow).where(EvidenceRow.lesson_hour_id.in_(lesson_hour_ids))
    rows = session.scalars(query.order_by(EvidenceRow.received_at, EvidenceRow.idx))
    return {row.lesson_hour_id: row for row in rows}


def patrols(session: Session, lesson_hour_ids: Collection[UUID]) -> Sequence[tuple[Patrol, PatrolClosing | None, str]]:
    """For callers that have already been let into the lesson hours, and may read patrols."""
    query = (
        select(Patrol, PatrolClosing, Account.name)
        .join(Account, Account.id == Patrol.account_id)
        .outerjoin(PatrolClosing, PatrolClosing.patrol_id == Patrol.id)
        .where(Patrol.lesson_hour_id.in_(lesson_hour_ids))
        .order_by(Patrol.opened_at)
    )
    return [(one, closing, name) for one, closing, name in session.execute(query)]


def bookmarks(session: Session, caller: Caller, lesson_hour_ids: Collection[UUID]) -> list[tuple[Bookmark, str]]:
    """For callers that have already been let into the lesson hours. An institution's people see those of their own
    institution: what the county notes for itself is not theirs."""
    query = (
        select(Bookmark, Account.name)
        .join(Account, Account.id == Bookmark.account_id)
        .where(Bookmark.lesson_hour_id.in_(lesson_hour_ids))
        .order_by(Bookmark.moment, Bookmark.at)
    )
    if caller.institution_id is not None:
        query = query.where(Account.institution_id == caller.institution_id)
    return [(one, name) for one, name in session.execute(query)]


def snapshots(session: Session, sha256: str) -> list[tuple[Snapshot, Camera, Account, str | None]]:
    """All that somebody took with this very content, with the name of that person's institution. Whoever asks must
    still be let into the lesson hours."""
    query = (
        select(Snapshot, Camera, Account, Institution.name)
        .join(Account, Account.id == Snapshot.account_id)
        .outerjoin(Institution, Institution.id == Account.institution_id)
        .join(Camera, Camera.id == Snapshot.camera_id)
        .where(Snapshot.sha256 == sha256)
        .order_by(Snapshot.at)
    )
    return [(one, camera, account, unit) for one, camera, account, unit in session.execute(query)]
