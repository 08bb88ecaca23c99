"""SQL of class sheets: each table once for a whole class. For callers that were already let into the class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.attendance.models import CheckIn, CheckInFlag
from supervisor.attendance.repository import ON_ROSTER
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, Institution, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.decisions.models import Decision, LessonLife
from supervisor.lessons.models import EvidenceRow, LessonVerdictRow
from supervisor.sheets.models import SheetView


def _of_class(query: Select[Any], column: Any, class_id: UUID) -> Select[Any]:
    hours = query.join(LessonHour, LessonHour.id == column).join(ClassSession, ClassSession.id == LessonHour.session_id)
    return hours.where(ClassSession.class_id == class_id)


def lives(session: Session, class_id: UUID) -> dict[UUID, LessonLife]:
    rows = session.scalars(_of_class(select(LessonLife), LessonLife.lesson_hour_id, class_id))
    return {one.lesson_hour_id: one for one in rows}


def verdicts(session: Session, class_id: UUID) -> dict[UUID, LessonVerdictRow]:
    """Of each lesson hour the version that its cached life speaks of."""
    same = and_(
        LessonLife.lesson_hour_id == LessonVerdictRow.lesson_hour_id, LessonLife.version == LessonVerdictRow.version
    )
    query = select(LessonVerdictRow).join(LessonLife, same)
    rows = session.scalars(_of_class(query, LessonVerdictRow.lesson_hour_id, class_id))
    return {one.lesson_hour_id: one for one in rows}


def decisions(session: Session, class_id: UUID) -> dict[UUID, Decision]:
    """The last of each lesson hour."""
    query = _of_class(select(Decision), Decision.lesson_hour_id, class_id).order_by(Decision.seq)
    return {one.lesson_hour_id: one for one in session.scalars(query)}


def latest_evidence(session: Session, class_id: UUID) -> EvidenceRow | None:
    query = _of_class(select(EvidenceRow), EvidenceRow.lesson_hour_id, class_id)
    found: EvidenceRow | None = session.scalar(query.order_by(EvidenceRow.received_at.desc()).limit(1))
    return found


def people(session: Session, class_id: UUID) -> Sequence[tuple[RosterEntry, Trainee]]:
    """Everybody who ever was on the roster of the approved class, in its order."""
    query = (
        select(RosterEntry, Trainee)
        .join(Trainee, Trainee.id == RosterEntry.trainee_id)
        .where(RosterEntry.class_id == class_id, RosterEntry.status.in_(ON_ROSTER) | RosterEntry.left_at.is_not(None))
        .order_by(RosterEntry.position, RosterEntry.id)
    )
    return [(entry, trainee) for entry, trainee in session.execute(query)]


def require_entry(session: Session, class_id: UUID, entry: UUID) -> None:
    query = select(RosterEntry.id).where(RosterEntry.id == entry, RosterEntry.class_id == class_id)
    if session.scalar(query) is None:
        raise LessonProofError("TRAINEE_NOT_FOUND", status=404, zh="没有这名学员", en="no such trainee")


def check_ins_of(session: Session, entry: UUID) -> Sequence[tuple[CheckIn, bool]]:
    """One person's, oldest first, and whether something was learnt about it afterwards."""
    flagged = exists().where(CheckInFlag.check_in_id == CheckIn.id)
    query = select(CheckIn, flagged).where(CheckIn.roster_entry_id == entry).order_by(CheckIn.at, CheckIn.id)
    return [(row, bool(flag)) for row, flag in session.execute(query)]


def institution_name(session: Session, institution_id: UUID) -> str:
    return session.scalars(select(Institution.name).where(Institution.id == institution_id)).one()


def seen_lately(
    session: Session, account_id: UUID, class_id: UUID, entry: UUID | None, what: str, reason: str, since: datetime
) -> bool:
    query = select(SheetView.id).where(
        SheetView.class_id == class_id,
        SheetView.at > since,
        SheetView.account_id == account_id,
        SheetView.what == what,
        SheetView.reason == reason,
        SheetView.roster_entry_id.is_(None) if entry is None else SheetView.roster_entry_id == entry,
    )
    return session.scalar(query.limit(1)) is not None


def views(session: Session, class_id: UUID, limit: int) -> Sequence[SheetView]:
    """Newest first."""
    query = select(SheetView).where(SheetView.class_id == class_id)
    return session.scalars(query.order_by(SheetView.at.desc(), SheetView.id).limit(limit)).all()


_Listed = tuple[TrainingClass, str]


def listed(
    session: Session, caller: Caller, text: str, states: Sequence[str], limit: int, offset: int
) -> tuple[list[_Listed], int]:
    """Classes in the caller's scope with their institution's name, the one that ends last first; and how many there
    are. `text`: a part of number, name or institution. No `states`: all."""
    query = (
        select(TrainingClass, Institution.name)
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .where(caller.sees(TrainingClass.institution_id))
    )
    if text:
        parts = (TrainingClass.class_no, TrainingClass.name, Institution.name)
        query = query.where(or_(*(part.icontains(text, autoescape=True) for part in parts)))
    if states:
        query = query.where(TrainingClass.status.in_(states))
    number = session.scalar(select(func.count()).select_from(query.with_only_columns(TrainingClass.id).subquery()))
    rows = session.execute(query.order_by(TrainingClass.class_end.desc(), TrainingClass.id).limit(limit).offset(offset))
    return [(training, name) for training, name in rows], number or 0


def states(session: Session, caller: Caller) -> Counter[str]:
    query = select(TrainingClass.status, func.count()).where(caller.sees(TrainingClass.institution_id))
    rows = session.execute(query.group_by(TrainingClass.status))
    return Counter({state: number for state, number in rows})  # noqa: C416 - rows are no pairs to mypy


def stages(session: Session, class_ids: Sequence[UUID]) -> dict[UUID, Counter[str]]:
    """Class → how many of its lesson hours are at each stage."""
    rows = session.execute(
        select(ClassSession.class_id, LessonLife.stage, func.count())
        .join(LessonHour, LessonHour.id == LessonLife.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(ClassSession.class_id.in_(class_ids), ClassSession.voided_at.is_(None))
        .group_by(ClassSession.class_id, LessonLife.stage)
    )
    found: dict[UUID, Counter[str]] = {}
    for class_id, stage, number in rows:
        found.setdefault(class_id, Counter())[stage] = number
    return found


def planned(session: Session, class_ids: Sequence[UUID], now: datetime) -> dict[UUID, tuple[int, int]]:
    """Class → lesson hours planned, and over."""
    over = func.count().filter(LessonHour.end <= now)
    rows = session.execute(
        select(ClassSession.class_id, func.count(), over)
        .join(LessonHour, LessonHour.session_id == ClassSession.id)
        .where(ClassSession.class_id.in_(class_ids), ClassSession.voided_at.is_(None))
        .group_by(ClassSession.class_id)
    )
    return {class_id: (all_, over) for class_id, all_, over in rows}
