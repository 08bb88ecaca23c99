"""Who asked for an export, who answered, and each time it was fetched. Appended, never changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, UtcDateTime, new_id


class ExportRequest(CentreBase):
    """Of one lesson hour, or of the archive of a whole class. `reason`: a ViewReason. `case`: what it is for, in the
    asker's words; the watermark bears it."""

    __tablename__ = "export_request"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(128))
    lesson_hour_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    class_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    case: Mapped[str] = mapped_column(String(120))
    __table_args__ = (CheckConstraint("(lesson_hour_id IS NULL) <> (class_id IS NULL)", name="of_one"),)


class ExportAnswer(CentreBase):
    __tablename__ = "export_answer"
    export_id: Mapped[UUID] = mapped_column(Id, ForeignKey("export_request.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(64))
    approved: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)


class ExportFetch(CentreBase):
    """One download."""

    __tablename__ = "export_fetch"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    export_id: Mapped[UUID] = mapped_column(Id, ForeignKey("export_request.id"), index=True)
    ip: Mapped[str] = mapped_column(String(45))
