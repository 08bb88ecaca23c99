"""SQL of live viewing: a camera in the caller's scope, and the lesson hour that is being held in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, LessonHour
from supervisor.devices.models import Box, Camera, Room, Site
from supervisor.lessons.repository import LessonRow, lessons_seen


@dataclass(frozen=True, slots=True)
class SeenCamera:
    camera: Camera
    box: Box
    institution_id: UUID


def camera(session: Session, caller: Caller, camera_id: UUID) -> SeenCamera | None:
    query = (
        select(Camera, Box, Site.institution_id)
        .join(Box, Box.id == Camera.box_id)
        .join(Room, Room.id == Camera.room_id)
        .join(Site, Site.id == Room.site_id)
        .where(Camera.id == camera_id, caller.sees(Site.institution_id))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else SeenCamera(row[0], row[1], row[2])


def lesson_in(session: Session, caller: Caller, room_id: UUID, since: datetime, until: datetime) -> LessonRow | None:
    """The countable lesson hour of the caller's scope in this room that overlaps [since, until): the latest."""
    query = (
        select(LessonHour.id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(ClassSession.room_id == room_id, LessonHour.start < until, LessonHour.end > since)
    )
    seen = lessons_seen(session, caller, session.scalars(query).all())
    return max((row for row in seen.values() if row.countable), key=lambda row: row.hour.start, default=None)
