"""Whether a lesson hour is exempt: by its class's newest exemption, and up to the day that names."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.clock import CHINA
from supervisor.decisions.models import Exemption, ExemptionEnd
from supervisor.lessons.repository import LessonRow
from supervisor.rules.evidence import ExemptKind


def exempt_of(session: Session, lesson: LessonRow) -> ExemptKind | None:
    """As approved, where the class never had an exemption of its own. An exemption that ran out still covers the
    lesson hours before its end; one that was revoked covers none."""
    query = (
        select(Exemption, ExemptionEnd)
        .outerjoin(ExemptionEnd, ExemptionEnd.exemption_id == Exemption.id)
        .where(Exemption.class_id == lesson.training.id)
        .order_by(Exemption.at.desc(), Exemption.id)
    )
    newest = session.execute(query.limit(1)).one_or_none()
    if newest is None:
        return ExemptKind(lesson.training.exempt) if lesson.training.exempt else None
    given, ended = newest[0], newest[1]
    covers = ended is None and lesson.hour.start.astimezone(CHINA).date() <= given.valid_until
    return ExemptKind(given.kind) if covers else None
