"""Tables of consents, reveals and the rights desk. All append-only: what was said then stays."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, UtcDateTime, new_id


class Consent(CentreBase):
    """One word of a trainee on one purpose; the newest counts. `text_sha256`: the notice it was given to."""

    __tablename__ = "consent"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    seq: Mapped[int] = mapped_column(Big)  # of this trainee and purpose, from 1: two words of one second have an order
    trainee_id: Mapped[UUID] = mapped_column(Id, ForeignKey("trainee.id"))
    purpose: Mapped[str] = mapped_column(String(16))
    given: Mapped[bool]
    how: Mapped[str] = mapped_column(String(8))
    text_sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    __table_args__ = (
        Index("uq_consent_trainee_purpose_seq", "trainee_id", "purpose", "seq", unique=True),
        CheckConstraint("purpose IN ('notice', 'face', 'selfie', 'location', 'registry')", name="purpose"),
        CheckConstraint("how IN ('phone', 'paper', 'desk')", name="how"),
        CheckConstraint("(how = 'phone') = (account_id IS NULL)", name="who"),
    )


class Reveal(CentreBase):
    """Somebody asked for what lists mask (L14), or for all there is of one person in a class (`history`, masked): who,
    of which unit, whose, which field, why, from where."""

    __tablename__ = "reveal"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(128))
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), index=True)
    field: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    ip: Mapped[str] = mapped_column(String(45))
    __table_args__ = (CheckConstraint("field IN ('name', 'id_number', 'history')", name="field"),)


class RightsRequest(CentreBase):
    """What a trainee asks of the rights desk (L17; PIPL arts. 44–50). `words`: sealed, it may hold anything."""

    __tablename__ = "rights_request"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    words: Mapped[bytes] = mapped_column(LargeBinary)
    how: Mapped[str] = mapped_column(String(8))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    __table_args__ = (
        CheckConstraint("kind IN ('access', 'copy', 'correct', 'delete', 'explain')", name="kind"),
        CheckConstraint("how IN ('phone', 'desk')", name="how"),
    )


class RightsAnswer(CentreBase):
    """How it ended: one for each request."""

    __tablename__ = "rights_answer"
    request_id: Mapped[UUID] = mapped_column(Id, ForeignKey("rights_request.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    result: Mapped[str] = mapped_column(String(8))
    words: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (CheckConstraint("result IN ('done', 'refused')", name="result"),)
