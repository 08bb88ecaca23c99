"""The viewing register of what is of a whole class; that of single lesson hours is `view_log`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, UtcDateTime, new_id


class SheetView(CentreBase):
    """Who, of which unit, looked at the sheet of a class or of one trainee of it (`roster_entry_id`), at a file
    handed in with words of it, or took it away as a file, why, when, from where (A-25, L14). Append-only."""

    __tablename__ = "sheet_view"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(128))
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    roster_entry_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("roster_entry.id"))
    what: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(32))
    ip: Mapped[str] = mapped_column(String(45))
    __table_args__ = (
        Index("ix_sheet_view_class_id_at", "class_id", "at"),
        CheckConstraint("what IN ('sheet', 'trainee', 'papers', 'export')", name="what"),
        CheckConstraint("(what = 'trainee') = (roster_entry_id IS NOT NULL)", name="whose"),
    )
