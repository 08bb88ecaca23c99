"""The table of selfies. It is no evidence: rows go with the consent and with their time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class Selfie(CentreBase):
    """One of a person, session and direction. `sealed`: HPKE to `key_id` of `box_id`; None once the box has answered,
    then `result` (SelfieResult), `similarity` and `engine` are its answer. `made_ms`: by the phone's clock; `via`: a
    file, which may be an older photograph. `taken`: the how many-eth this is, from 1. `delete_after`: the row goes."""

    __tablename__ = "selfie"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"))
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), index=True)
    direction: Mapped[str] = mapped_column(String(8))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_ms: Mapped[int] = mapped_column(Big)
    via: Mapped[str] = mapped_column(String(8))
    taken: Mapped[int]
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"), index=True)
    key_id: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    result: Mapped[str | None] = mapped_column(String(16))
    similarity: Mapped[float | None]
    engine: Mapped[dict[str, Any] | None] = mapped_column(Json)
    compared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delete_after: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    __table_args__ = (
        Index("uq_selfie_of", "session_id", "roster_entry_id", "direction", unique=True),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint("via IN ('file')", name="via"),
        CheckConstraint("taken >= 1", name="taken"),
        CheckConstraint("(sealed IS NULL) = (result IS NOT NULL)", name="sealed_until_answered"),
        CheckConstraint("(result IS NULL) = (compared_at IS NULL)", name="answered_at"),
        CheckConstraint(
            "result IN ('MATCH', 'NO_MATCH', 'NO_FACE', 'SEVERAL_FACES', 'NO_REFERENCE', 'CANNOT_OPEN')", name="result"
        ),
    )
