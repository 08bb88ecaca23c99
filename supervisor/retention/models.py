"""Tables of retention: legal holds, and how far the day of deletion has come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, UtcDateTime, new_id


class LegalHold(CentreBase):
    """An evidence lock (证据锁定): nothing of what it covers is deleted while it is in force. It covers a class, or one
    of its lesson hours, or one clip of that. `reason`: HoldReason. `expires_at` None: until somebody lifts it."""

    __tablename__ = "legal_hold"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    lesson_hour_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("lesson_hour.id"))
    clip_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("evidence_clip.id"))
    reason: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(500))
    placed_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lift_text: Mapped[str | None] = mapped_column(String(500))
    __table_args__ = (
        CheckConstraint("clip_id IS NULL OR lesson_hour_id IS NOT NULL", name="clip_of_lesson"),
        CheckConstraint("(lifted_by IS NULL) = (lifted_at IS NULL)", name="lifted_by_somebody"),
        CheckConstraint("lifted_by IS NULL OR lifted_by <> placed_by", name="lifted_by_another"),
    )


class RetentionClock(CentreBase):
    """One row. `day`: the latest time by which anything was ever judged to be past its term; it rises slowly."""

    __tablename__ = "retention_clock"
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
