"""SQL of explanations, decisions, objections, re-checks and the cached lives. People see their own institution's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, tuple_
from sqlalchemy.orm import Session

from supervisor.attendance.models import TeacherCheckIn
from supervisor.callers import Caller, Role
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.decisions.models import Decision, Explanation, ExplanationFile, LessonLife, Objection, Recheck
from supervisor.lessons.models import LessonVerdictRow
from supervisor.paging import Key
from supervisor.rules.verdict import VerdictState
from supervisor.rules.verdict_life import Counting, Next, Stage

TodoRow = tuple[LessonLife, LessonHour, TrainingClass]


def counting(session: Session, lesson_hour_id: UUID) -> Counting | None:
    """The newest of the centre's own versions, and where its run of one state began."""
    query = select(LessonVerdictRow.version, LessonVerdictRow.state, LessonVerdictRow.created_at).where(
        LessonVerdictRow.lesson_hour_id == lesson_hour_id, LessonVerdictRow.source != "box"
    )
    found = session.execute(query.order_by(LessonVerdictRow.version.desc())).all()
    if not found:
        return None
    first = found[0]
    for row in found:
        if row.state != found[0].state:
            break
        first = row
    return Counting(VerdictState(found[0].state), found[0].version, first.version, first.created_at)


def explanations(session: Session, lesson_hour_id: UUID) -> Sequence[Explanation]:
    query = select(Explanation).where(Explanation.lesson_hour_id == lesson_hour_id)
    return session.scalars(query.order_by(Explanation.at, Explanation.id)).all()


def files(session: Session, lesson_hour_id: UUID) -> Sequence[ExplanationFile]:
    query = select(ExplanationFile).join(Explanation, Explanation.id == ExplanationFile.explanation_id)
    query = query.where(Explanation.lesson_hour_id == lesson_hour_id)
    return session.scalars(query.order_by(ExplanationFile.at, ExplanationFile.sha256)).all()


def decisions(session: Session, lesson_hour_id: UUID) -> Sequence[Decision]:
    return session.scalars(
        select(Decision).where(Decision.lesson_hour_id == lesson_hour_id).order_by(Decision.seq)
    ).all()


def objections(session: Session, lesson_hour_id: UUID) -> Sequence[Objection]:
    return session.scalars(
        select(Objection).where(Objection.lesson_hour_id == lesson_hour_id).order_by(Objection.at)
    ).all()


def rechecks(session: Session, lesson_hour_id: UUID) -> Sequence[Recheck]:
    return session.scalars(select(Recheck).where(Recheck.lesson_hour_id == lesson_hour_id).order_by(Recheck.at)).all()


def todo(session: Session, caller: Caller, now: datetime, after: Key | None, limit: int) -> list[TodoRow]:
    """What waits for the caller, by the day it is due. One query for each kind, so that each is one index range."""
    found = [row for turn in _turns(caller, now) for row in _waiting(session, caller, turn, after, limit)]
    return sorted(found, key=lambda row: (row[0].due_at, row[0].lesson_hour_id))[:limit]


def count_todo(session: Session, caller: Caller, now: datetime) -> int:
    query = select(func.count()).select_from(LessonLife).where(caller.sees(LessonLife.institution_id))
    return sum(session.scalar(query.where(*turn)) or 0 for turn in _turns(caller, now))


def _turns(caller: Caller, now: datetime) -> list[list[ColumnElement[bool]]]:
    life = LessonLife
    if caller.role is not Role.INSPECTOR:
        return [[life.next == Next.INSTITUTION, life.due_at > now]]
    return [
        [life.next == Next.INSPECTOR],
        [life.next == Next.OTHER_INSPECTOR, life.other_than != caller.account_id],
        # the term is over, and the job that moves the row on has not come by yet
        [life.next == Next.INSTITUTION, life.due_at <= now, life.stage == Stage.FAIL_PROPOSED_EXPLAIN],
    ]


def _waiting(
    session: Session, caller: Caller, turn: list[ColumnElement[bool]], after: Key | None, limit: int
) -> list[TodoRow]:
    query = (
        select(LessonLife, LessonHour, TrainingClass)
        .join(LessonHour, LessonHour.id == LessonLife.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(caller.sees(LessonLife.institution_id), *turn)
    )
    if after is not None:
        query = query.where(tuple_(LessonLife.due_at, LessonLife.lesson_hour_id) > after)
    rows = session.execute(query.order_by(LessonLife.due_at, LessonLife.lesson_hour_id).limit(limit))
    return [(life, hour, training) for life, hour, training in rows]


def over(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lesson hours whose present stage has a term that is over."""
    stages = (Stage.FAIL_PROPOSED_EXPLAIN, Stage.DECIDED_FAIL)
    query = select(LessonLife.lesson_hour_id).where(LessonLife.stage.in_(stages), LessonLife.until <= now)
    return session.scalars(query.order_by(LessonLife.until).limit(limit)).all()


def passed_without_teacher(session: Session, profiles: Collection[str], now: datetime, limit: int) -> Sequence[UUID]:
    """Lesson hours that stand as passed, of classes under these rules, whose session ended in the last two days (the
    nightly rebuild finds the older ones) without a teacher's check-in; those a person decided only if that was before
    the end, when nobody could know."""
    passed = LessonLife.stage.in_((Stage.PASS, Stage.PASS_TO_RECHECK))
    decided = LessonLife.stage.in_((Stage.DECIDED_PASS, Stage.FINAL_PASS)) & (LessonLife.since < ClassSession.end)
    query = (
        select(LessonHour.id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .join(LessonLife, LessonLife.lesson_hour_id == LessonHour.id)
        .where(
            LessonHour.start > now - timedelta(days=2),
            LessonHour.start <= now,
            ClassSession.end <= now,
            TrainingClass.profile.in_(profiles),
            passed | decided,
            ~exists().where(TeacherCheckIn.session_id == ClassSession.id),
        )
    )
    return session.scalars(query.order_by(LessonHour.start).limit(limit)).all()


def judged(session: Session, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Lesson hours with a verdict of the centre's own, by id."""
    query = select(LessonVerdictRow.lesson_hour_id).where(LessonVerdictRow.source != "box").distinct()
    if after is not None:
        query = query.where(LessonVerdictRow.lesson_hour_id > after)
    return session.scalars(query.order_by(LessonVerdictRow.lesson_hour_id).limit(limit)).all()
