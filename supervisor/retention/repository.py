"""SQL of holds, and of the clips whose term is over. Holds are the county's: nobody of one institution sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.devices.models import Camera
from supervisor.lessons.models import EvidenceClip
from supervisor.retention.models import LegalHold

HOLD_ORDER = (LegalHold.placed_at.desc(), LegalHold.id)


def in_force(now: datetime) -> ColumnElement[bool]:
    return and_(LegalHold.lifted_at.is_(None), or_(LegalHold.expires_at.is_(None), LegalHold.expires_at > now))


def covers() -> ColumnElement[bool]:
    """Joins a hold to EvidenceClip, LessonHour and ClassSession of the clip."""
    return and_(
        LegalHold.class_id == ClassSession.class_id,
        or_(LegalHold.lesson_hour_id.is_(None), LegalHold.lesson_hour_id == LessonHour.id),
        or_(LegalHold.clip_id.is_(None), LegalHold.clip_id == EvidenceClip.id),
    )


def holds(session: Session, caller: Caller, lesson_hour_id: UUID | None = None) -> Sequence[tuple[LegalHold, Account]]:
    """Newest first; with `lesson_hour_id`, those that cover it or one of its clips."""
    query = (
        select(LegalHold, Account)
        .join(Account, Account.id == LegalHold.placed_by)
        .join(TrainingClass, TrainingClass.id == LegalHold.class_id)
        .where(caller.sees(TrainingClass.institution_id))
    )
    if lesson_hour_id is not None:
        own_class = (
            select(ClassSession.class_id)
            .join(LessonHour, LessonHour.session_id == ClassSession.id)
            .where(LessonHour.id == lesson_hour_id)
        )
        query = query.where(
            LegalHold.class_id.in_(own_class),
            or_(LegalHold.lesson_hour_id.is_(None), LegalHold.lesson_hour_id == lesson_hour_id),
        )
    return [(hold, account) for hold, account in session.execute(query.order_by(*HOLD_ORDER))]


def hold(session: Session, caller: Caller, hold_id: UUID) -> tuple[LegalHold, Account] | None:
    """Locked against a second lift at the same moment."""
    query = (
        select(LegalHold, Account)
        .join(Account, Account.id == LegalHold.placed_by)
        .join(TrainingClass, TrainingClass.id == LegalHold.class_id)
        .where(LegalHold.id == hold_id, caller.sees(TrainingClass.institution_id))
        .with_for_update(of=LegalHold)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def covered(session: Session, hold_id: UUID) -> int:
    """Clips the hold covers that were not deleted before."""
    query = (
        select(func.count(EvidenceClip.id))
        .join(LessonHour, LessonHour.id == EvidenceClip.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(LegalHold, covers())
        .where(LegalHold.id == hold_id, EvidenceClip.state != "deleted")
    )
    return session.scalar(query) or 0


def held_clips(session: Session, clip_ids: Iterable[UUID] | None, now: datetime) -> set[UUID]:
    """`clip_ids` None: of all."""
    query = (
        select(EvidenceClip.id)
        .join(LessonHour, LessonHour.id == EvidenceClip.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(LegalHold, covers())
        .where(in_force(now))
    )
    if clip_ids is not None:
        query = query.where(EvidenceClip.id.in_(list(clip_ids)))
    return set(session.scalars(query))


def held_lessons_of_box(session: Session, box_id: UUID, now: datetime) -> Sequence[UUID]:
    """Lesson hours under a hold in rooms of the box: it keeps their raw recordings."""
    rooms = select(Camera.room_id).where(Camera.box_id == box_id)
    query = (
        select(LessonHour.id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(
            ClassSession.room_id.in_(rooms),
            exists().where(
                LegalHold.class_id == ClassSession.class_id,
                or_(LegalHold.lesson_hour_id.is_(None), LegalHold.lesson_hour_id == LessonHour.id),
                in_force(now),
            ),
        )
        .order_by(LessonHour.start, LessonHour.id)
    )
    return session.scalars(query).all()


def wanted_again(session: Session, box_id: UUID) -> Sequence[str]:
    """Clips of the box that were lost or damaged at the centre."""
    query = select(EvidenceClip.sha256).where(
        EvidenceClip.box_id == box_id, EvidenceClip.repairs > 0, EvidenceClip.state.in_(("expected", "uploading"))
    )
    return session.scalars(query.distinct().order_by(EvidenceClip.sha256)).all()


def term_over(session: Session, today: datetime, limit: int) -> Sequence[str]:
    """Hashes of clips with something in the archive, one of whose terms at least is over; those on hold are left out,
    so that they do not hold up the others."""
    query = (
        select(EvidenceClip.sha256)
        .join(LessonHour, LessonHour.id == EvidenceClip.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(
            EvidenceClip.retain_until < today,
            ~exists().where(covers(), in_force(today)),
            or_(
                EvidenceClip.state == "verified",
                and_(EvidenceClip.repairs > 0, EvidenceClip.state.in_(("expected", "uploading"))),
            ),
        )
        .group_by(EvidenceClip.sha256)
        .order_by(func.min(EvidenceClip.retain_until), EvidenceClip.sha256)
        .limit(limit)
    )
    return session.scalars(query).all()


def deleting(session: Session) -> Sequence[str]:
    query = select(EvidenceClip.sha256).where(EvidenceClip.state == "deleting").distinct()
    return session.scalars(query.order_by(EvidenceClip.sha256)).all()


def same_bytes(session: Session, sha256: str, *, lock: bool = False) -> Sequence[tuple[EvidenceClip, TrainingClass]]:
    """Every row of these bytes, of whatever box and lesson hour, with its class."""
    query = (
        select(EvidenceClip, TrainingClass)
        .join(LessonHour, LessonHour.id == EvidenceClip.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(EvidenceClip.sha256 == sha256)
        .order_by(EvidenceClip.created_at, EvidenceClip.id)
    )
    rows = session.execute(query.with_for_update(of=EvidenceClip) if lock else query)
    return [(clip, training) for clip, training in rows]


def unchecked(session: Session, before: datetime, now: datetime, limit: int) -> Sequence[tuple[str, str, int]]:
    """Key, hash and size of verified objects not hashed since `before`, longest ago first. A time still to come counts
    for none."""
    checked = func.min(EvidenceClip.checked_at)
    query = (
        select(EvidenceClip.object_key, EvidenceClip.sha256, func.max(EvidenceClip.bytes))
        .where(EvidenceClip.state == "verified")
        .group_by(EvidenceClip.object_key, EvidenceClip.sha256)
        .having(or_(func.count(EvidenceClip.checked_at) < func.count(), checked <= before, checked > now))
        .order_by(checked.asc().nulls_first(), EvidenceClip.object_key)
        .limit(limit)
    )
    return [(key, sha256, size) for key, sha256, size in session.execute(query) if key is not None]


def stored_as(session: Session, key: str) -> Sequence[EvidenceClip]:
    """Verified clips whose bytes are this object, locked."""
    query = select(EvidenceClip).where(EvidenceClip.object_key == key, EvidenceClip.state == "verified")
    return session.scalars(query.order_by(EvidenceClip.created_at, EvidenceClip.id).with_for_update()).all()
