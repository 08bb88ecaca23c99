"""SQL of patrols. People see those of the institutions in their scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import product
from uuid import UUID

from sqlalchemy import Select, exists, select, tuple_
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.audit.models import AuditEvent
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, Institution, LessonHour, TrainingClass
from supervisor.paging import Key
from supervisor.patrol.models import (
    Patrol,
    PatrolClosing,
    PatrolDismissal,
    PatrolRound,
    PatrolRoundTile,
    RollCall,
    RollCallAnswer,
    WallDraw,
)

PatrolRow = tuple[Patrol, TrainingClass, PatrolClosing | None]
LIVE = "live_viewed"
"""The event that goes before the first live picture of a camera (supervisor.live.service)."""


def _patrols(caller: Caller) -> Select[Patrol, TrainingClass, PatrolClosing]:
    return (
        select(Patrol, TrainingClass, PatrolClosing)
        .join(TrainingClass, TrainingClass.id == Patrol.class_id)
        .outerjoin(PatrolClosing, PatrolClosing.patrol_id == Patrol.id)
        .where(caller.sees(TrainingClass.institution_id))
    )


def patrol(session: Session, caller: Caller, patrol_id: UUID, *, lock: bool = False) -> PatrolRow | None:
    """`lock`: against a second closing, or an answer after it, at the same moment."""
    if lock:
        session.execute(select(Patrol.id).where(Patrol.id == patrol_id).with_for_update())
    row = session.execute(_patrols(caller).where(Patrol.id == patrol_id)).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def patrols(
    session: Session,
    caller: Caller,
    *,
    class_id: UUID | None,
    account_id: UUID | None,
    day: date | None,
    still_open: bool,
    before: Key | None,
    limit: int,
) -> list[PatrolRow]:
    """Newest first. `before`: only older ones than this."""
    query = _patrols(caller)
    if class_id is not None:
        query = query.where(Patrol.class_id == class_id)
    if account_id is not None:
        query = query.where(Patrol.account_id == account_id)
    if day is not None:
        query = query.where(Patrol.local_date == day)
    if still_open:
        query = query.where(PatrolClosing.patrol_id.is_(None))
    if before is not None:
        query = query.where(tuple_(Patrol.opened_at, Patrol.id) < before)
    rows = session.execute(query.order_by(Patrol.opened_at.desc(), Patrol.id.desc()).limit(limit))
    return [(one, training, closing) for one, training, closing in rows]


def roll_calls(session: Session, patrol_ids: Collection[UUID]) -> Sequence[RollCall]:
    """For callers that have already been let into the patrols; oldest first."""
    return session.scalars(select(RollCall).where(RollCall.patrol_id.in_(patrol_ids)).order_by(RollCall.at)).all()


def answers(session: Session, roll_call_ids: Collection[UUID]) -> Sequence[RollCallAnswer]:
    return session.scalars(select(RollCallAnswer).where(RollCallAnswer.roll_call_id.in_(roll_call_ids))).all()


def answers_of_lesson(session: Session, lesson_hour_id: UUID) -> Sequence[str]:
    query = (
        select(RollCallAnswer.answer)
        .join(RollCall, RollCall.id == RollCallAnswer.roll_call_id)
        .join(Patrol, Patrol.id == RollCall.patrol_id)
    )
    return session.scalars(query.where(Patrol.lesson_hour_id == lesson_hour_id)).all()


def patrolled_on(session: Session, caller: Caller, day: date) -> Sequence[tuple[UUID, UUID, str, datetime]]:
    """Lesson hour, account, its name and when, of the patrols closed on `day`; oldest first."""
    query = (
        select(Patrol.lesson_hour_id, Account.id, Account.name, PatrolClosing.at)
        .join(TrainingClass, TrainingClass.id == Patrol.class_id)
        .join(PatrolClosing, PatrolClosing.patrol_id == Patrol.id)
        .join(Account, Account.id == Patrol.account_id)
        .where(Patrol.local_date == day, caller.sees(TrainingClass.institution_id))
        .order_by(PatrolClosing.at)
    )
    return [(lesson, account, name, at) for lesson, account, name, at in session.execute(query)]


def own_open(session: Session, account_id: UUID, lesson_hour_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Lesson hour → the newest patrol of this person there that is still open."""
    query = (
        select(Patrol.lesson_hour_id, Patrol.id)
        .outerjoin(PatrolClosing, PatrolClosing.patrol_id == Patrol.id)
        .where(
            Patrol.account_id == account_id,
            Patrol.lesson_hour_id.in_(lesson_hour_ids),
            PatrolClosing.patrol_id.is_(None),
        )
        .order_by(Patrol.opened_at)
    )
    return {lesson: patrol_id for lesson, patrol_id in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def watched_since(session: Session, actor: str, since: datetime) -> dict[tuple[UUID, UUID], datetime]:
    """Lesson hour and camera → when live pictures of it first went to this person; `since`: not asked about before."""
    query = select(AuditEvent.at, AuditEvent.details).where(
        AuditEvent.subject == actor, AuditEvent.action == LIVE, AuditEvent.at >= since
    )
    found: dict[tuple[UUID, UUID], datetime] = {}
    for at, details in session.execute(query.order_by(AuditEvent.id)):
        for pair in product(map(UUID, details["lessons"]), map(UUID, details["cameras"])):
            found.setdefault(pair, at)
    return found


def dismissals(session: Session, lesson_hour_ids: Collection[UUID]) -> set[tuple[UUID, str]]:
    """For callers that have already been let into the lesson hours."""
    query = select(PatrolDismissal.lesson_hour_id, PatrolDismissal.trouble)
    rows = session.execute(query.where(PatrolDismissal.lesson_hour_id.in_(lesson_hour_ids)))
    return {(lesson, trouble) for lesson, trouble in rows}


def offices(session: Session, institution_ids: Collection[UUID]) -> dict[UUID, tuple[str, str | None]]:
    """Institution → its area and sector. For callers that have already been let into them."""
    query = select(Institution.id, Institution.area, Institution.sector).where(Institution.id.in_(institution_ids))
    return {institution: (area, sector) for institution, area, sector in session.execute(query)}


def draw(session: Session, caller: Caller, draw_id: UUID) -> WallDraw | None:
    """Only the person's own: it was drawn in their scope."""
    query = select(WallDraw).where(WallDraw.id == draw_id, WallDraw.account_id == caller.account_id)
    return session.scalar(query)


def rounds(session: Session, caller: Caller, day: date) -> list[PatrolRound]:
    """Newest first; a round with a tile out of the caller's scope is not shown."""
    foreign = (
        exists()
        .where(PatrolRoundTile.round_id == PatrolRound.id, LessonHour.id == PatrolRoundTile.lesson_hour_id)
        .where(ClassSession.id == LessonHour.session_id, TrainingClass.id == ClassSession.class_id)
        .where(~caller.sees(TrainingClass.institution_id))
    )
    query = select(PatrolRound).where(PatrolRound.local_date == day)
    if not caller.whole_county:
        query = query.where(~foreign)
    return list(session.scalars(query.order_by(PatrolRound.at.desc())))


def round_tiles(session: Session, round_ids: Collection[UUID]) -> Sequence[PatrolRoundTile]:
    return session.scalars(select(PatrolRoundTile).where(PatrolRoundTile.round_id.in_(round_ids))).all()
