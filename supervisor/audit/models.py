"""Tables of the record: audit events (append-only) and the claims of scheduled work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Json, UtcDateTime


class AuditEvent(CentreBase):
    """`actor`: `account:<id>`, `box:<id>` or `centre`. `subject`: `<table>:<id>`. `alarm`: a person should look."""

    __tablename__ = "audit_event"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(96))
    alarm: Mapped[bool]
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    __table_args__ = (Index("ix_audit_event_alarm_at", "alarm", "at"), CheckConstraint("action <> ''", name="action"))


class JobRun(CentreBase):
    """Who inserts (job, slot) first runs it: one run a slot, however many replicas of the centre there are."""

    __tablename__ = "job_run"
    job: Mapped[str] = mapped_column(String(32), primary_key=True)
    slot: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
