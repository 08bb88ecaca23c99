"""SQL of what waits beside lesson hours: openings, exemptions, plan changes, leave, make-up check-ins, drop-outs,
exports, rectifications. In the caller's scope, one query for each kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from supervisor.callers import Caller, Role
from supervisor.changes.models import PlanChange
from supervisor.classes.models import ClassSession, Institution, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.decisions.models import ExemptionAnswer, ExemptionRequest, LessonLife
from supervisor.exports.models import ExportAnswer, ExportRequest
from supervisor.exports.repository import with_class
from supervisor.inspections.models import InspectionRecord
from supervisor.inspections.record_repository import Turn, waits
from supervisor.leave.models import DropOut, LeaveRequest, MakeupRequest
from supervisor.lessons.models import LessonVerdictRow
from supervisor.openings.models import OpeningApplication, OpeningReview
from supervisor.rules.plan_change import OPEN
from supervisor.todo.schemas import Kind

INSTITUTION = (Role.TEACHER, Role.RESPONSIBLE)
_COUNTY = (Role.APPROVER, Role.HANDLER)
SEEN_BY: dict[Kind, tuple[Role, ...]] = {
    Kind.OPENING: (*_COUNTY, *INSTITUTION),
    Kind.EXEMPTION: (Role.APPROVER,),
    Kind.CHANGE: _COUNTY,
    Kind.LEAVE: (Role.HANDLER, Role.INSPECTOR, *INSTITUTION),
    Kind.MAKEUP: (Role.HANDLER, Role.INSPECTOR),
    Kind.DROP_OUT: _COUNTY,
    Kind.EXPORT: (Role.INSPECTOR, Role.APPROVER),
    Kind.RECTIFICATION: (Role.INSPECTOR, *INSTITUTION),
}
"""As the interfaces that decide on them ask."""


def statement(caller: Caller, kind: Kind, now: datetime) -> Select[Any] | None:
    """What of this kind waits for the caller, oldest first: the row, its class, its institution and (of a person) the
    name. None: nothing ever does."""
    if caller.role not in SEEN_BY[kind]:
        return None
    if kind is Kind.OPENING:
        wanted = "returned" if caller.role in INSTITUTION else "submitted"
        query: Any = select(TrainingClass, TrainingClass, Institution).where(TrainingClass.status == wanted)
        order: Sequence[Any] = (TrainingClass.created_at, TrainingClass.id)
    elif kind is Kind.EXEMPTION:
        query = (
            select(ExemptionRequest, TrainingClass, Institution)
            .join(TrainingClass, TrainingClass.id == ExemptionRequest.class_id)
            .where(~exists().where(ExemptionAnswer.request_id == ExemptionRequest.id))
        )
        order = (ExemptionRequest.at, ExemptionRequest.id)
    elif kind is Kind.CHANGE:
        query = select(PlanChange, TrainingClass, Institution).join(
            TrainingClass, TrainingClass.id == PlanChange.class_id
        )
        query = query.where(PlanChange.state.in_(OPEN), PlanChange.decide_by > now)
        order = (PlanChange.decide_by, PlanChange.id)
    elif kind is Kind.EXPORT:
        query = with_class(select(ExportRequest, TrainingClass, Institution)).where(
            ExportRequest.account_id != caller.account_id, ~exists().where(ExportAnswer.export_id == ExportRequest.id)
        )
        order = (ExportRequest.at, ExportRequest.id)
    elif kind is Kind.RECTIFICATION:
        query = select(InspectionRecord, TrainingClass, Institution).join(
            TrainingClass, TrainingClass.id == InspectionRecord.class_id
        )
        turn: Turn = "institution" if caller.role in INSTITUTION else "inspector"
        query = query.where(InspectionRecord.due_at.is_not(None), waits(turn))
        order = (InspectionRecord.at, InspectionRecord.id)
    else:
        table: Any = {Kind.LEAVE: LeaveRequest, Kind.MAKEUP: MakeupRequest, Kind.DROP_OUT: DropOut}[kind]
        query = (
            select(table, TrainingClass, Institution, Trainee.name)
            .join(TrainingClass, TrainingClass.id == table.class_id)
            .join(RosterEntry, RosterEntry.id == table.roster_entry_id)
            .join(Trainee, Trainee.id == RosterEntry.trainee_id)
            .where(table.state == "asked")
        )
        if kind is Kind.LEAVE:
            query = query.where(LeaveRequest.decider == ("teacher" if caller.role in INSTITUTION else "county"))
        order = (table.asked_at, table.id)
    query = query.join(Institution, Institution.id == TrainingClass.institution_id)
    found: Select[Any] = query.where(caller.sees(TrainingClass.institution_id)).order_by(*order)
    return found


def drafts(session: Session, caller: Caller, limit: int) -> list[tuple[TrainingClass, Institution]]:
    """That have a declaration, oldest first."""
    query = (
        select(TrainingClass, Institution)
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .join(OpeningApplication, OpeningApplication.class_id == TrainingClass.id)
        .where(TrainingClass.status == "draft", caller.sees(TrainingClass.institution_id))
        .order_by(TrainingClass.created_at, TrainingClass.id)
    )
    return [(row[0], row[1]) for row in session.execute(query.limit(limit))]


def count(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.order_by(None).with_only_columns(1).subquery())) or 0


def handed_in(session: Session, class_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Class → when the machine last found its application complete, or the county returned it."""
    rows = session.execute(
        select(OpeningReview.class_id, func.max(OpeningReview.at))
        .where(OpeningReview.class_id.in_(class_ids), OpeningReview.kind.in_(("completeness", "return")))
        .group_by(OpeningReview.class_id)
    )
    return {class_id: at for class_id, at in rows}  # noqa: C416 - rows are no pairs to mypy


def returned_for(session: Session, class_ids: Collection[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """Class → element and reason of each return, newest first."""
    query = select(OpeningReview).where(OpeningReview.class_id.in_(class_ids), OpeningReview.kind == "return")
    found: dict[UUID, list[tuple[str, str]]] = {}
    for one in session.scalars(query.order_by(OpeningReview.at.desc(), OpeningReview.element)):
        found.setdefault(one.class_id, []).append((one.element, one.reason))
    return found


def institutions_of(session: Session, class_ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(TrainingClass.id, Institution.name).join(Institution, Institution.id == TrainingClass.institution_id)
    rows = session.execute(query.where(TrainingClass.id.in_(class_ids)))
    return {class_id: name for class_id, name in rows}  # noqa: C416


def counting_verdicts(session: Session, lesson_hour_ids: Collection[UUID]) -> dict[UUID, LessonVerdictRow]:
    """The versions that the cached lives speak of."""
    same = and_(
        LessonLife.lesson_hour_id == LessonVerdictRow.lesson_hour_id, LessonLife.version == LessonVerdictRow.version
    )
    query = select(LessonVerdictRow).join(LessonLife, same)
    rows = session.scalars(query.where(LessonVerdictRow.lesson_hour_id.in_(lesson_hour_ids)))
    return {one.lesson_hour_id: one for one in rows}


def sessions_of(session: Session, session_ids: Collection[UUID]) -> dict[UUID, ClassSession]:
    rows = session.scalars(select(ClassSession).where(ClassSession.id.in_(session_ids)))
    return {one.id: one for one in rows}


def hours_of(session: Session, lesson_hour_ids: Collection[UUID]) -> dict[UUID, LessonHour]:
    rows = session.scalars(select(LessonHour).where(LessonHour.id.in_(lesson_hour_ids)))
    return {one.id: one for one in rows}
