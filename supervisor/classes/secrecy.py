"""A-29: of a secret-related unit no name, number, place, device or class is taken, only how many."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.classes.models import Institution


def refuse_secret(session: Session, institution_id: UUID) -> None:
    """Raises LessonProofError SECRET_UNIT (403)."""
    if session.scalar(select(Institution.secret_related).where(Institution.id == institution_id)):
        raise LessonProofError(
            "SECRET_UNIT",
            status=403,
            zh="涉密单位:不得录入人员、场地、设备和班级信息,只可由主管单位登记汇总人数",
            en="a secret-related unit: no people, places, devices or classes; the county may enter a total only",
        )
