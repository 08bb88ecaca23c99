"""What people leave behind when they look at recordings. Append-only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, UtcDateTime, new_id


class Bookmark(CentreBase):
    """`moment`: what it points at. `camera_id` None: at the room, whichever camera."""

    __tablename__ = "bookmark"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"))
    camera_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("camera.id"))
    moment: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_bookmark_lesson_hour_id_moment", "lesson_hour_id", "moment"),)


class Snapshot(CentreBase):
    """A picture somebody took out of a clip, by its digest: the picture itself is with them. `moment`: of the
    picture."""

    __tablename__ = "snapshot"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    camera_id: Mapped[UUID] = mapped_column(Id, ForeignKey("camera.id"))
    clip_sha256: Mapped[str] = mapped_column(String(64))
    moment: Mapped[datetime] = mapped_column(UtcDateTime)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    bytes: Mapped[int] = mapped_column(Big)
    width: Mapped[int]
    height: Mapped[int]
    __table_args__ = (CheckConstraint("bytes > 0 AND width > 0 AND height > 0", name="picture"),)
