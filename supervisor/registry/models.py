"""Tables of the feed to the real-name registry: outbox, its places in line, reconciliation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, Json, UtcDateTime, new_id

OPEN = ("waiting", "sent", "refused", "suspended")
"""States that later messages of the same subject wait behind."""


class OutboxSubject(CentreBase):
    """The last place given to a person or a class. Its row is locked until the event is committed, so that places are
    visible in the order they were given."""

    __tablename__ = "outbox_subject"
    subject: Mapped[str] = mapped_column(String(48), primary_key=True)
    last_n: Mapped[int]


class OutboxMessage(CentreBase):
    """Something the registry has to be told. `subject`: `person:<trainee>` or `class:<class>`; `n`, its place in the
    subject's line; a corrected message has the place of the refused one, and `revision` one higher. `body`: references
    and figures, never a name or an ID number. `suspended`: the institution became secret-related (A-29). `reason`: why
    a person corrected or waived it."""

    __tablename__ = "outbox_message"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(String(48))
    n: Mapped[int]
    revision: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    idempotency_key: Mapped[str] = mapped_column(String(96), unique=True)
    institution_id: Mapped[UUID] = mapped_column(Id, ForeignKey("institution.id"))
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(12))
    tries: Mapped[int]
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registry_ref: Mapped[str | None] = mapped_column(String(128))
    last_error: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        UniqueConstraint("subject", "n", "revision"),
        Index("ix_outbox_message_state_next_try_at", "state", "next_try_at"),
        Index("ix_outbox_message_subject_state_n", "subject", "state", "n"),
        Index("ix_outbox_message_event_at", "event_at"),
        Index("ix_outbox_message_institution_id_state", "institution_id", "state"),
        CheckConstraint(
            "kind IN ('check_in', 'lesson_verdict', 'class_state', 'clip_manifest', 'roster_entry', 'leave', 'papers')",
            name="kind",
        ),
        CheckConstraint(
            "state IN ('waiting', 'sent', 'acknowledged', 'refused', 'suspended', 'superseded', 'waived')",
            name="state",
        ),
        CheckConstraint("(state = 'acknowledged') = (acknowledged_at IS NOT NULL)", name="acknowledged_when"),
        CheckConstraint("state NOT IN ('superseded', 'waived') OR reason IS NOT NULL", name="decided_why"),
    )


class ReconcileReport(CentreBase):
    """One comparison of a day (of Asia/Shanghai, by `event_at`) with the registry. Never overwritten."""

    __tablename__ = "reconcile_report"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    day: Mapped[date] = mapped_column(Date, index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    local_count: Mapped[int]
    registry_count: Mapped[int]


class ReconcileDifference(CentreBase):
    """One message on which the two sides differ. `fields`: our names of the differing fields, never their values."""

    __tablename__ = "reconcile_difference"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    report_id: Mapped[UUID] = mapped_column(Id, ForeignKey("reconcile_report.id"), index=True)
    subject: Mapped[str] = mapped_column(String(48))
    idempotency_key: Mapped[str] = mapped_column(String(96))
    what: Mapped[str] = mapped_column(String(16))
    fields: Mapped[list[Any]] = mapped_column(Json)
    explanation: Mapped[str | None] = mapped_column(Text)
    explained_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    explained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint("what IN ('missing_there', 'missing_here', 'differs')", name="what"),
        CheckConstraint("(explanation IS NULL) = (explained_by IS NULL)", name="explained_by_whom"),
    )
