"""The table of the raw recordings that were asked for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class SpanState(StrEnum):
    ASKED = "asked"  # the box has not answered yet
    FETCHING = "fetching"  # the box cut it; its bytes are on their way
    HERE = "here"
    NOT_RECORDED = "not_recorded"  # the box has no picture of it
    FAILED = "failed"  # `failure` says why
    EXPIRED = "expired"  # it did not come in time
    DELETING = "deleting"
    DELETED = "deleted"  # its term was over


class RawSpan(CentreBase):
    """[start_ms, end_ms) of a camera's raw recording, asked of its box by a person, for a reason. `entry_idx`: the
    box's answer in its log; `manifest`, `gaps`, `failure`: what that says (`SpanEntry`). `retain_until`: the last
    second of its term at the centre. The row stays when the bytes go."""

    __tablename__ = "raw_span"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(32))
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    camera_id: Mapped[UUID] = mapped_column(Id, ForeignKey("camera.id"))
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"))
    start_ms: Mapped[int] = mapped_column(Big)
    end_ms: Mapped[int] = mapped_column(Big)
    state: Mapped[str] = mapped_column(String(16), default=SpanState.ASKED.value)
    wait_until: Mapped[datetime] = mapped_column(UtcDateTime)
    entry_idx: Mapped[int | None] = mapped_column(Big)
    manifest: Mapped[dict[str, Any] | None] = mapped_column(Json)
    gaps: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    failure: Mapped[str | None] = mapped_column(String(16))
    playlist: Mapped[dict[str, Any] | None] = mapped_column(Json)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retain_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        Index("ix_raw_span_box_id_state", "box_id", "state"),
        Index("ix_raw_span_account_id_asked_at", "account_id", "asked_at"),
        CheckConstraint("start_ms < end_ms", name="span"),
        CheckConstraint(
            "state IN ('asked', 'fetching', 'here', 'not_recorded', 'failed', 'expired', 'deleting', 'deleted')",
            name="state",
        ),
        CheckConstraint("state NOT IN ('fetching', 'here') OR manifest IS NOT NULL", name="fetched_has_manifest"),
        CheckConstraint(
            "state NOT IN ('here', 'deleting', 'deleted') OR (arrived_at IS NOT NULL AND retain_until IS NOT NULL)",
            name="here_has_term",
        ),
        CheckConstraint("(state = 'deleted') = (deleted_at IS NOT NULL)", name="deleted_when"),
    )

    @property
    def bytes(self) -> int:
        return 0 if self.manifest is None else int(self.manifest["bytes"])
