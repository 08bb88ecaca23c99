"""SQL of plan changes. People see their own institution's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from supervisor.callers import Caller
from supervisor.changes.models import PlanChange, PlanFlag, PlanVersion
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.devices.models import Camera, Room, Site
from supervisor.rules.plan_change import OPEN


def change(session: Session, caller: Caller, change_id: UUID) -> tuple[PlanChange, TrainingClass] | None:
    """Both locked: against a second decision, and so that versions of a plan follow one another."""
    query = (
        select(PlanChange, TrainingClass)
        .join(TrainingClass, TrainingClass.id == PlanChange.class_id)
        .where(PlanChange.id == change_id, caller.sees(TrainingClass.institution_id))
        .with_for_update()
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def changes(session: Session, class_id: UUID) -> Sequence[PlanChange]:
    """For callers that have already been let into the class."""
    query = select(PlanChange).where(PlanChange.class_id == class_id)
    return session.scalars(query.order_by(PlanChange.asked_at, PlanChange.id)).all()


def open_of_session(session: Session, session_id: UUID, now: datetime) -> UUID | None:
    """A request for the session that the county may still decide."""
    query = select(PlanChange.id).where(
        PlanChange.session_id == session_id, PlanChange.state.in_(OPEN), PlanChange.decide_by > now
    )
    return session.scalar(query.limit(1))


def overdue(session: Session, now: datetime, limit: int) -> Sequence[PlanChange]:
    query = select(PlanChange).where(PlanChange.state.in_(OPEN), PlanChange.decide_by <= now)
    return session.scalars(query.order_by(PlanChange.decide_by).limit(limit).with_for_update()).all()


def versions(session: Session, class_id: UUID) -> dict[UUID, int]:
    """Change → version of the plan it made."""
    rows = session.execute(select(PlanVersion.change_id, PlanVersion.version).where(PlanVersion.class_id == class_id))
    return {made_by: version for made_by, version in rows}  # noqa: C416 - rows are no pairs to mypy


def version(session: Session, class_id: UUID) -> int:
    """Of the plan in force; 1 is what was approved."""
    return session.scalar(select(func.max(PlanVersion.version)).where(PlanVersion.class_id == class_id)) or 1


def session_of(session: Session, class_id: UUID, session_id: UUID) -> ClassSession | None:
    """For callers that have already been let into the class; void sessions too."""
    return session.scalar(select(ClassSession).where(ClassSession.id == session_id, ClassSession.class_id == class_id))


def hours_of(session: Session, class_id: UUID) -> Sequence[tuple[LessonHour, ClassSession]]:
    """Every lesson hour of the class, void ones too, for callers that have already been let into it."""
    query = (
        select(LessonHour, ClassSession)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(ClassSession.class_id == class_id)
        .order_by(LessonHour.start, LessonHour.slot)
    )
    return [(hour, held) for hour, held in session.execute(query)]


def hours_on(session: Session, class_id: UUID, day: date, but: UUID | None) -> int:
    """Lesson hours of the class's plan on a day (Asia/Shanghai), session `but` left out."""
    query = (
        select(func.count(LessonHour.id))
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(ClassSession.class_id == class_id, ClassSession.local_date == day, ClassSession.voided_at.is_(None))
    )
    return session.scalar(query if but is None else query.where(ClassSession.id != but)) or 0


def watched(session: Session, room_id: UUID) -> bool:
    """Whether the room has an accepted camera."""
    query = select(Camera.id).where(Camera.room_id == room_id, Camera.accepted.is_(True))
    return session.scalar(query.limit(1)) is not None


def rooms(session: Session, institution_id: UUID) -> Sequence[tuple[UUID, str, str, bool]]:
    """Of the institution: room, its site's name and its own, whether it has an accepted camera."""
    seen = exists().where(Camera.room_id == Room.id, Camera.accepted.is_(True))
    query = select(Room.id, Site.name, Room.name, seen).join(Site, Site.id == Room.site_id)
    rows = session.execute(query.where(Site.institution_id == institution_id).order_by(Site.name, Room.name))
    return [(room, site, name, watched) for room, site, name, watched in rows]


def flags(session: Session, lesson_hour_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Lesson hour → codes it carries because a change was not confirmed, for the person who decides on it."""
    query = select(PlanFlag.lesson_hour_id, PlanFlag.code).where(PlanFlag.lesson_hour_id.in_(list(lesson_hour_ids)))
    found: dict[UUID, list[str]] = {}
    for lesson_hour_id, code in session.execute(query.order_by(PlanFlag.at, PlanFlag.id)):
        found.setdefault(lesson_hour_id, []).append(code)
    return found
