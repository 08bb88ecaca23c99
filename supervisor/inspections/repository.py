"""SQL of supervision certificates: the figures of a class in a few queries, whatever its length."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from supervisor.audit.models import AlertDecision, AuditEvent
from supervisor.callers import Caller
from supervisor.classes.models import TrainingClass
from supervisor.inspections.models import SupervisionCertificate
from supervisor.lessons.models import EvidenceRow
from supervisor.patrol.models import Patrol, PatrolClosing


def newest_evidence(session: Session, lesson_hour_ids: Collection[UUID]) -> dict[UUID, EvidenceRow]:
    query = select(EvidenceRow).where(EvidenceRow.lesson_hour_id.in_(lesson_hour_ids))
    return {
        row.lesson_hour_id: row for row in session.scalars(query.order_by(EvidenceRow.received_at, EvidenceRow.idx))
    }


def closed_patrols(session: Session, class_id: UUID) -> int:
    query = select(func.count()).select_from(Patrol).join(PatrolClosing, PatrolClosing.patrol_id == Patrol.id)
    return session.scalar(query.where(Patrol.class_id == class_id)) or 0


def alarmed(session: Session, lesson_hour_ids: Collection[UUID]) -> set[str]:
    """Subjects of the alarms about these lesson hours that nobody resolved or called false."""
    subjects = [f"lesson_hour:{one}" for one in lesson_hour_ids]
    ended = select(AlertDecision.id).where(AlertDecision.event_id == AuditEvent.id, AlertDecision.seq == 2)
    query = select(AuditEvent.subject).where(AuditEvent.alarm, AuditEvent.subject.in_(subjects), ~ended.exists())
    return set(session.scalars(query))


def newest_certificate(
    session: Session, caller: Caller, class_id: UUID
) -> tuple[SupervisionCertificate, TrainingClass] | None:
    query = (
        select(SupervisionCertificate, TrainingClass)
        .join(TrainingClass, TrainingClass.id == SupervisionCertificate.class_id)
        .where(TrainingClass.id == class_id, caller.sees(TrainingClass.institution_id))
        .order_by(SupervisionCertificate.at.desc(), SupervisionCertificate.id)
    )
    row = session.execute(query.limit(1)).one_or_none()
    return None if row is None else (row[0], row[1])


def on_site(session: Session, caller: Caller) -> list[tuple[SupervisionCertificate, TrainingClass]]:
    """The newest certificate of each class, where it asks for somebody to go there."""
    newest = (
        select(SupervisionCertificate.class_id, func.max(SupervisionCertificate.at).label("at"))
        .group_by(SupervisionCertificate.class_id)
        .subquery()
    )
    query = (
        select(SupervisionCertificate, TrainingClass)
        .join(
            newest,
            (newest.c.class_id == SupervisionCertificate.class_id) & (newest.c.at == SupervisionCertificate.at),
        )
        .join(TrainingClass, TrainingClass.id == SupervisionCertificate.class_id)
        .where(SupervisionCertificate.onsite_required, caller.sees(TrainingClass.institution_id))
    )
    return [(made, training) for made, training in session.execute(query.order_by(TrainingClass.class_no))]
