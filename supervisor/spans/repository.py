"""SQL of spans. People see those of lesson hours in their scope; a box sees its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.devices.models import Box, Camera
from supervisor.retention.models import LegalHold
from supervisor.retention.repository import in_force
from supervisor.spans.models import RawSpan, SpanState

OPEN = (SpanState.ASKED.value, SpanState.FETCHING.value)
Row = tuple[RawSpan, Camera, Box, str]


def of_lessons(session: Session, lesson_hour_ids: Collection[UUID]) -> list[Row]:
    """Newest first, with camera, box and the name of who asked. For callers that have already been let into the lesson
    hours."""
    query = (
        select(RawSpan, Camera, Box, Account.name)
        .join(Camera, Camera.id == RawSpan.camera_id)
        .join(Box, Box.id == RawSpan.box_id)
        .join(Account, Account.id == RawSpan.account_id)
        .where(RawSpan.lesson_hour_id.in_(lesson_hour_ids))
        .order_by(RawSpan.asked_at.desc(), RawSpan.id)
    )
    return [(span, camera, box, who) for span, camera, box, who in session.execute(query)]


def span(session: Session, caller: Caller, span_id: UUID) -> Row | None:
    query = (
        select(RawSpan, Camera, Box, Account.name)
        .join(Camera, Camera.id == RawSpan.camera_id)
        .join(Box, Box.id == RawSpan.box_id)
        .join(Account, Account.id == RawSpan.account_id)
        .join(LessonHour, LessonHour.id == RawSpan.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(RawSpan.id == span_id, caller.sees(TrainingClass.institution_id))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


def same(session: Session, camera_id: UUID, start_ms: int, end_ms: int) -> RawSpan | None:
    """One that is on its way or here already."""
    query = select(RawSpan).where(
        RawSpan.camera_id == camera_id,
        RawSpan.start_ms == start_ms,
        RawSpan.end_ms == end_ms,
        RawSpan.state.in_((*OPEN, SpanState.HERE.value)),
    )
    return session.scalar(query.order_by(RawSpan.asked_at.desc()).limit(1))


def asked_since(session: Session, account_id: UUID, since: datetime) -> int:
    query = select(func.count()).where(RawSpan.account_id == account_id, RawSpan.asked_at >= since)
    return session.scalar(query) or 0


def wanted_of_box(session: Session, box_id: UUID, now: datetime) -> Sequence[tuple[RawSpan, LessonHour]]:
    """In the order in which they were asked for."""
    query = (
        select(RawSpan, LessonHour)
        .join(LessonHour, LessonHour.id == RawSpan.lesson_hour_id)
        .where(RawSpan.box_id == box_id, RawSpan.state.in_(OPEN), RawSpan.wait_until > now)
        .order_by(RawSpan.asked_at, RawSpan.id)
    )
    return [(span, lesson) for span, lesson in session.execute(query)]


def of_box(session: Session, box_id: UUID, span_id: UUID, *, lock: bool = False) -> RawSpan | None:
    query = select(RawSpan).where(RawSpan.id == span_id, RawSpan.box_id == box_id)
    return session.scalar(query.with_for_update() if lock else query)


def late(session: Session, now: datetime) -> Sequence[RawSpan]:
    query = select(RawSpan).where(RawSpan.state.in_(OPEN), RawSpan.wait_until <= now)
    return session.scalars(query.order_by(RawSpan.wait_until, RawSpan.id).with_for_update()).all()


def due(session: Session, day: datetime) -> Sequence[UUID]:
    """Those whose term is over, and those whose deletion was begun."""
    over = (RawSpan.state == SpanState.HERE.value) & (RawSpan.retain_until < day)
    query = select(RawSpan.id).where(or_(over, RawSpan.state == SpanState.DELETING.value))
    return session.scalars(query.order_by(RawSpan.retain_until, RawSpan.id)).all()


def is_held(session: Session, lesson_hour_id: UUID, now: datetime) -> bool:
    """Whether a lock on the lesson hour, or on its class, is in force; one on a clip alone covers no span."""
    query = (
        select(LessonHour.id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(
            LessonHour.id == lesson_hour_id,
            exists().where(
                LegalHold.class_id == ClassSession.class_id,
                or_(LegalHold.lesson_hour_id.is_(None), LegalHold.lesson_hour_id == LessonHour.id),
                LegalHold.clip_id.is_(None),
                in_force(now),
            ),
        )
    )
    return session.scalar(query) is not None
