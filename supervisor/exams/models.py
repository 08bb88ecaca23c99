"""Table of exam results. Append-only: a correction is a new version."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, UtcDateTime, new_id


class ExamResult(CentreBase):
    """What one trainee of a class got. `version`: from 1; the highest is valid. Scores are tenths of a point, of 100.
    `evaluation_body` None: the institution's own exam. `reason`: why an earlier version was corrected."""

    __tablename__ = "exam_result"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"))
    version: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(String(8))
    theory_tenths: Mapped[int | None] = mapped_column(Integer)
    practice_tenths: Mapped[int | None] = mapped_column(Integer)
    evaluation_body: Mapped[str | None] = mapped_column(String(128))
    decided_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        UniqueConstraint("roster_entry_id", "version"),
        CheckConstraint("outcome IN ('pass', 'fail', 'absent')", name="outcome"),
        CheckConstraint("theory_tenths BETWEEN 0 AND 1000", name="theory"),
        CheckConstraint("practice_tenths BETWEEN 0 AND 1000", name="practice"),
        CheckConstraint(
            "outcome <> 'absent' OR (theory_tenths IS NULL AND practice_tenths IS NULL)", name="absent_has_no_score"
        ),
        CheckConstraint("version = 1 OR reason IS NOT NULL", name="correction_has_a_reason"),
    )
