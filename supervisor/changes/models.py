"""Tables of plan changes. A request is written once and decided once; versions and codes are only ever appended."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, Json, UtcDateTime, new_id


class PlanChange(CentreBase):
    """What an institution asked for. `session_id`: the session as planned (of a make-up lesson: the failed one);
    `new_session_id`: the one held instead. `before`, `after`: room, start, end, teachers, lesson hours made up for.
    `decide_by`: afterwards an open request has lapsed. `reason` may hold names, so the log has its hash only."""

    __tablename__ = "plan_change"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    emergency: Mapped[bool]
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"), index=True)
    new_session_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("session.id"))
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    decide_by: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("ix_plan_change_state_decide_by", "state", "decide_by"),
        CheckConstraint("kind IN ('substitute', 'move', 'room', 'cancel', 'makeup_lesson')", name="kind"),
        CheckConstraint("state IN ('asked', 'notified', 'approved', 'refused', 'lapsed')", name="state"),
        CheckConstraint("(state IN ('asked', 'notified')) = (decided_at IS NULL)", name="decided_when"),
        CheckConstraint("state NOT IN ('approved', 'refused') OR decided_by IS NOT NULL", name="decided_by_whom"),
    )


class PlanVersion(CentreBase):
    """Version 2, 3, … of a class's plan and the change that made it; version 1 is what was approved. Append-only."""

    __tablename__ = "plan_version"
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    change_id: Mapped[UUID] = mapped_column(Id, ForeignKey("plan_change.id"), unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (CheckConstraint("version >= 2", name="version"),)


class PlanFlag(CentreBase):
    """A lesson hour held by a change the county did not confirm: `code` is for the person who decides. Append-only."""

    __tablename__ = "plan_flag"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"))
    change_id: Mapped[UUID] = mapped_column(Id, ForeignKey("plan_change.id"))
    code: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (
        UniqueConstraint("lesson_hour_id", "change_id"),
        CheckConstraint("code IN ('OUTSIDE_PLAN', 'WRONG_ROOM', 'NO_TEACHER')", name="code"),
    )
