"""Tables of leave, make-up check-ins and drop-outs. Each is asked once and decided once; the original check-ins and
the roster row stay (A-14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, UtcDateTime, new_id


class LeaveRequest(CentreBase):
    """Leave of one trainee, [start, until). `asked_by` None: from the trainee's own phone. `reason` may tell of
    illness: it stays in this table. `paper_sha256`: of the doctor's paper, which the institution keeps."""

    __tablename__ = "leave_request"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    paper_sha256: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    decider: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint("kind IN ('personal', 'sick')", name="kind"),
        CheckConstraint("decider IN ('teacher', 'county')", name="decider"),
        CheckConstraint("state IN ('asked', 'approved', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("state NOT IN ('approved', 'refused') OR decided_at IS NOT NULL", name="decided_when"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_when"),
        CheckConstraint("until > start", name="ends_after_start"),
    )


class MakeupRequest(CentreBase):
    """补签: a check-in that was missed, as the teacher tells it. `at`: the time it speaks of. `check_in_id`: the row it
    became."""

    __tablename__ = "makeup_request"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"))
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), index=True)
    direction: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    state: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    check_in_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("check_in.id"))
    __table_args__ = (
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint("state IN ('asked', 'approved', 'refused')", name="state"),
        CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided_when"),
        CheckConstraint("(state = 'approved') = (check_in_id IS NOT NULL)", name="approved_is_checked_in"),
    )


class DropOut(CentreBase):
    """中断/退班: the institution's statement that a trainee left. Approved: the roster row is `withdrawn` from then on
    and stays in the history."""

    __tablename__ = "drop_out"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"))
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    state: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("ix_drop_out_roster_entry", "roster_entry_id"),
        CheckConstraint("state IN ('asked', 'approved', 'refused')", name="state"),
        CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided_when"),
    )
