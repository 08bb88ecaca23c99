"""SQL of credit grades and sampling plans. A plan is of the whole county, and so are those who read it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, false, func, select, true
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.callers import Caller, Role
from supervisor.classes.models import ClassSession, Institution, LessonHour, TrainingClass
from supervisor.devices.repository import APPROVED
from supervisor.inspections.models import InspectionRecord
from supervisor.paging import paged
from supervisor.sampling.models import CreditRating, SamplePlan


def institution(session: Session, caller: Caller, institution_id: UUID) -> Institution | None:
    query = select(Institution).where(Institution.id == institution_id, caller.sees(Institution.id))
    return session.scalar(query)


def classes_between(
    session: Session, caller: Caller, start: datetime, end: datetime
) -> list[tuple[UUID, UUID, str | None]]:
    """Class, institution, sector of the approved classes with a lesson hour that starts in [start, end)."""
    query = (
        select(TrainingClass.id, Institution.id, Institution.sector)
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .join(LessonHour, LessonHour.session_id == ClassSession.id)
        .where(LessonHour.start >= start, LessonHour.start < end, ClassSession.voided_at.is_(None))
        .where(TrainingClass.status.in_(APPROVED), caller.sees(TrainingClass.institution_id))
        .distinct()
    )
    return [(one, of, sector) for one, of, sector in session.execute(query)]


def grades(session: Session, institution_ids: Collection[UUID], day: date) -> dict[UUID, str]:
    """The grade valid on `day` of each that has one; of two from the same day the one entered later."""
    query = (
        select(CreditRating)
        .where(CreditRating.institution_id.in_(institution_ids), CreditRating.valid_from <= day)
        .order_by(CreditRating.valid_from, CreditRating.at)
    )
    return {one.institution_id: one.grade for one in session.scalars(query)}


def inspectors(session: Session, now: datetime) -> list[Account]:
    """Inspectors of the whole county who may act: whoever is of an institution does not check it."""
    query = select(Account).where(
        Account.role == Role.INSPECTOR,
        Account.institution_id.is_(None),
        Account.area.is_(None),
        Account.sector.is_(None),
    )
    return [one for one in session.scalars(query) if one.acts(now)]


def plan(session: Session, caller: Caller, plan_id: UUID) -> SamplePlan | None:
    return session.scalar(_plans(caller).where(SamplePlan.id == plan_id))


def plan_keyed(session: Session, key: str) -> SamplePlan | None:
    return session.scalar(select(SamplePlan).where(SamplePlan.idempotency_key == key))


def plans(session: Session, caller: Caller, cursor: str | None, size: int) -> Sequence[SamplePlan]:
    """Newest first."""
    return session.scalars(paged(_plans(caller), SamplePlan.at, SamplePlan.id, cursor, size, newest=True)).all()


def plans_of_days(session: Session, caller: Caller, first: date, last: date) -> Sequence[SamplePlan]:
    """Those with a day of the period in theirs, newest first."""
    query = _plans(caller).where(SamplePlan.first_day <= last, SamplePlan.last_day >= first)
    return session.scalars(query.order_by(SamplePlan.at.desc(), SamplePlan.id.desc())).all()


def _plans(caller: Caller) -> Select[SamplePlan]:
    return select(SamplePlan).where(true() if caller.whole_county else false())


def inspected(session: Session, plan_ids: Collection[UUID]) -> dict[UUID, int]:
    """Of how many classes each plan has an inspection record."""
    query = select(InspectionRecord.plan_id, func.count(InspectionRecord.class_id.distinct()))
    rows = session.execute(query.where(InspectionRecord.plan_id.in_(plan_ids)).group_by(InspectionRecord.plan_id))
    return {plan_id: number for plan_id, number in rows if plan_id is not None}


def classes_named(
    session: Session, caller: Caller, class_ids: Collection[UUID]
) -> dict[UUID, tuple[TrainingClass, Institution]]:
    query = select(TrainingClass, Institution).join(Institution, Institution.id == TrainingClass.institution_id)
    rows = session.execute(query.where(TrainingClass.id.in_(class_ids), caller.sees(TrainingClass.institution_id)))
    return {training.id: (training, institution) for training, institution in rows}
