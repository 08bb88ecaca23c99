"""Table of check-ins: append-only, the original event is never overwritten (A-14)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, Json, UtcDateTime, new_id


class CheckIn(CentreBase):
    """`at`: the centre's own time. `device_hash`: SHA-256 of the random mark in the phone's cookie; no other device
    data."""

    __tablename__ = "check_in"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"))
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), index=True)
    direction: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[str] = mapped_column(String(16))
    device_hash: Mapped[str | None] = mapped_column(String(64))
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[Any]] = mapped_column(Json)
    __table_args__ = (
        Index("ix_check_in_session_at", "session_id", "at"),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint("status IN ('accepted', 'review', 'rejected')", name="status"),
    )
