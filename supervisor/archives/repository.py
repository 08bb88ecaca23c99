"""SQL of a class archive. The class itself comes through the caller's scope; what hangs on it, for callers who were let
into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.audit.models import CentreLogRow
from supervisor.callers import Caller
from supervisor.classes.models import ClassFile, ClassSession, Institution, LessonHour, TrainingClass
from supervisor.lessons.models import EvidenceClip, LessonVerdictRow

_EXPORTS = ("class_archived", "bundle_exported")  # they tell who took something away, not what happened
_BATCH = 200


def training_class(session: Session, caller: Caller, class_id: UUID) -> tuple[TrainingClass, Institution] | None:
    query = (
        select(TrainingClass, Institution)
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .where(TrainingClass.id == class_id, caller.sees(TrainingClass.institution_id))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def class_numbered(session: Session, caller: Caller, class_no: str) -> UUID | None:
    query = select(TrainingClass.id)
    return session.scalar(query.where(TrainingClass.class_no == class_no, caller.sees(TrainingClass.institution_id)))


def versions(session: Session, class_id: UUID) -> dict[UUID, int]:
    """Lesson hour → newest version of its verdict: two equal answers, and no verdict came in between."""
    query = (
        select(LessonVerdictRow.lesson_hour_id, func.max(LessonVerdictRow.version))
        .join(LessonHour, LessonHour.id == LessonVerdictRow.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(ClassSession.class_id == class_id)
        .group_by(LessonVerdictRow.lesson_hour_id)
    )
    return {hour: version for hour, version in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def clip_bytes(session: Session, class_id: UUID) -> list[int]:
    """Lengths of the clips that are at the centre, summed by lesson hour."""
    query = (
        select(func.sum(EvidenceClip.bytes))
        .join(LessonHour, LessonHour.id == EvidenceClip.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(ClassSession.class_id == class_id, EvidenceClip.state == "verified")
        .group_by(LessonHour.id)
    )
    return [int(total) for total in session.scalars(query)]


def class_files(session: Session, class_id: UUID) -> list[tuple[ClassFile, Account]]:
    """What was handed in to go with words about the class, each with who did it; in the order it came."""
    query = select(ClassFile, Account).join(Account, Account.id == ClassFile.account_id)
    rows = session.execute(query.where(ClassFile.class_id == class_id).order_by(ClassFile.at, ClassFile.id))
    return [(file, account) for file, account in rows]


def roles(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """`account:<id>` → its role."""
    ids = {UUID(actor.partition(":")[2]) for actor in actors if actor.startswith("account:")}
    query = select(Account.id, Account.role).where(Account.id.in_(ids))
    return {f"account:{account}": role for account, role in session.execute(query)}


def logged(session: Session, subjects: Sequence[str]) -> list[CentreLogRow]:
    """What the centre's log says about `subjects`, but for exports; in the log's order."""
    found: list[CentreLogRow] = []
    for at in range(0, len(subjects), _BATCH):
        query = select(CentreLogRow).where(CentreLogRow.subject.in_(subjects[at : at + _BATCH]))
        found += session.scalars(query.where(CentreLogRow.kind.not_in(_EXPORTS)))
    return sorted(found, key=lambda row: row.idx)
