"""SQL of rosters. People reach classes of their scope only; what has no `caller` is for those already let in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.attendance.models import CheckIn
from supervisor.attendance.repository import ON_ROSTER
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.paging import paged
from supervisor.rosters.models import (
    ComparisonList,
    ComparisonRow,
    ComparisonRun,
    RosterCheckRow,
    RosterDetail,
    RosterLift,
)

NOT_HELD = ("draft", "returned", "rejected", "withdrawn", "voided")
"""Classes that keep nobody's time: not handed in, or given up."""
COURSE_HAD = ("active", "completed")  # of a row in a closed class: the course counts as had


def training_class(session: Session, caller: Caller, class_id: UUID, *, lock: bool = False) -> TrainingClass | None:
    query = select(TrainingClass).where(TrainingClass.id == class_id, caller.sees(TrainingClass.institution_id))
    return session.scalar(query.with_for_update() if lock else query)


def last_version(session: Session, class_id: UUID) -> int:
    return session.scalar(select(func.max(RosterEntry.version)).where(RosterEntry.class_id == class_id)) or 0


def remove_rows(session: Session, class_id: UUID) -> None:
    session.execute(update(RosterEntry).where(RosterEntry.class_id == class_id).values(status="removed"))


def entries(session: Session, class_id: UUID) -> list[tuple[RosterEntry, Trainee, RosterDetail | None]]:
    """Those on the roster, in its order."""
    query = (
        select(RosterEntry, Trainee, RosterDetail)
        .join(Trainee, Trainee.id == RosterEntry.trainee_id)
        .outerjoin(RosterDetail, RosterDetail.entry_id == RosterEntry.id)
        .where(RosterEntry.class_id == class_id, RosterEntry.status.in_(ON_ROSTER))
        .order_by(RosterEntry.position)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def sessions_with_hours(session: Session, class_ids: Iterable[UUID]) -> list[tuple[ClassSession, int]]:
    query = (
        select(ClassSession, func.count(LessonHour.id))
        .outerjoin(LessonHour, LessonHour.session_id == ClassSession.id)
        .where(ClassSession.class_id.in_(list(class_ids)))
        .group_by(ClassSession.id)
        .order_by(ClassSession.start)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def beside(session: Session, training: TrainingClass, first: datetime, last: datetime) -> list[UUID]:
    """Other classes of the institution that have a session in [first, last]."""
    query = (
        select(TrainingClass.id)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .where(
            TrainingClass.institution_id == training.institution_id,
            TrainingClass.id != training.id,
            TrainingClass.status.not_in(NOT_HELD),
            ClassSession.start <= last,
            ClassSession.end >= first,
        )
        .distinct()
    )
    return list(session.scalars(query))


def other_classes(
    session: Session, training: TrainingClass, trainees: Collection[UUID]
) -> list[tuple[UUID, str, TrainingClass]]:
    """Trainee, status of the row and class, of every class of these people but this one."""
    query = (
        select(RosterEntry.trainee_id, RosterEntry.status, TrainingClass)
        .join(TrainingClass, TrainingClass.id == RosterEntry.class_id)
        .where(
            RosterEntry.trainee_id.in_(list(trainees)),
            RosterEntry.status.in_(ON_ROSTER),
            TrainingClass.id != training.id,
            TrainingClass.status.not_in(NOT_HELD),
        )
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def shared(session: Session, trainees: Collection[UUID], values: Collection[str]) -> dict[str, int]:
    """Hash of a phone, account or address → people other than `trainees` on a roster who have it too."""
    counts: dict[str, int] = {}
    for column in (RosterDetail.phone_hmac, RosterDetail.account_hmac, RosterDetail.address_hmac):
        query = (
            select(column, func.count(func.distinct(RosterEntry.trainee_id)))
            .join(RosterEntry, RosterEntry.id == RosterDetail.entry_id)
            .where(
                column.in_(list(values)),
                RosterEntry.trainee_id.not_in(list(trainees)),
                RosterEntry.status.in_(ON_ROSTER),
            )
            .group_by(column)
        )
        counts.update({value: count for value, count in session.execute(query) if value is not None})
    return counts


def staff_names(session: Session, institution_id: UUID) -> frozenset[str]:
    return frozenset(session.scalars(select(Account.name).where(Account.institution_id == institution_id)))


def check_ins(session: Session, entry_ids: Collection[UUID]) -> list[tuple[UUID, UUID, str, str | None]]:
    """Roster entry, session, method and device of each that was not refused."""
    query = select(CheckIn.roster_entry_id, CheckIn.session_id, CheckIn.method, CheckIn.device_hash).where(
        CheckIn.roster_entry_id.in_(list(entry_ids)), CheckIn.status != "rejected"
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def lists(session: Session, cursor: str | None, size: int) -> Sequence[ComparisonList]:
    """The newest first."""
    query = paged(select(ComparisonList), ComparisonList.created_at, ComparisonList.id, cursor, size, newest=True)
    return session.scalars(query).all()


def lists_in_force(session: Session, now: datetime) -> Sequence[ComparisonList]:
    query = select(ComparisonList).where(ComparisonList.expires_at > now, ComparisonList.withdrawn_at.is_(None))
    return session.scalars(query.order_by(ComparisonList.created_at, ComparisonList.id)).all()


def lists_to_empty(session: Session, now: datetime) -> Sequence[ComparisonList]:
    query = select(ComparisonList).where(ComparisonList.expires_at <= now, ComparisonList.emptied_at.is_(None))
    return session.scalars(query.with_for_update()).all()


def comparison_list(session: Session, list_id: UUID) -> ComparisonList | None:
    return session.scalar(select(ComparisonList).where(ComparisonList.id == list_id).with_for_update())


def empty_list(session: Session, held: ComparisonList, now: datetime) -> None:
    session.execute(delete(ComparisonRow).where(ComparisonRow.list_id == held.id))
    held.emptied_at = now


def listed(session: Session, list_ids: Collection[UUID], hashes: Collection[str]) -> Sequence[ComparisonRow]:
    query = select(ComparisonRow).where(
        ComparisonRow.id_number_hmac.in_(list(hashes)), ComparisonRow.list_id.in_(list(list_ids))
    )
    return session.scalars(query.order_by(ComparisonRow.id)).all()


def last_run(session: Session, class_id: UUID) -> ComparisonRun | None:
    query = select(ComparisonRun).where(ComparisonRun.class_id == class_id)
    return session.scalar(query.order_by(ComparisonRun.n.desc()).limit(1))


def checks(session: Session, run: ComparisonRun) -> Sequence[RosterCheckRow]:
    """What the run found, its own or those of the run it repeats."""
    query = select(RosterCheckRow).where(RosterCheckRow.run_id == (run.same_as or run.id))
    return session.scalars(query.order_by(RosterCheckRow.n)).all()


def lifts(session: Session, class_id: UUID) -> list[tuple[RosterLift, RosterCheckRow, str]]:
    """Each with the name of who lifted it."""
    query = (
        select(RosterLift, RosterCheckRow, Account.name)
        .join(RosterCheckRow, RosterCheckRow.id == RosterLift.check_id)
        .join(Account, Account.id == RosterLift.lifted_by)
        .where(RosterLift.class_id == class_id)
        .order_by(RosterLift.at)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def classes_to_watch(session: Session) -> Sequence[UUID]:
    return session.scalars(select(TrainingClass.id).where(TrainingClass.status.in_(("approved", "running")))).all()
