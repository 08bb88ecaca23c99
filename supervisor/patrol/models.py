"""Tables of patrols. All append-only: a patrol is closed by a row of its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, Json, UtcDateTime, new_id


class Patrol(CentreBase):
    """`cameras`: ids of those looked through. `local_date`: of `opened_at` in Asia/Shanghai."""

    __tablename__ = "patrol"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    local_date: Mapped[date] = mapped_column(Date, index=True)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    cameras: Mapped[list[Any]] = mapped_column(Json)
    __table_args__ = (
        Index("ix_patrol_opened_at_id", "opened_at", "id"),
        Index("ix_patrol_class_id_opened_at", "class_id", "opened_at"),
        Index("ix_patrol_account_id_opened_at", "account_id", "opened_at"),
    )


class PatrolClosing(CentreBase):
    """`findings`: codes of supervisor.rules.roll_call.Finding. `text`: free words; in the signed log only its hash."""

    __tablename__ = "patrol_closing"
    patrol_id: Mapped[UUID] = mapped_column(Id, ForeignKey("patrol.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    findings: Mapped[list[Any]] = mapped_column(Json)
    text: Mapped[str] = mapped_column(Text)


class RollCall(CentreBase):
    """`candidates`, `drawn`: roster entry ids. `among`: who counted as attending, or the roster when nobody did."""

    __tablename__ = "roll_call"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    patrol_id: Mapped[UUID] = mapped_column(Id, ForeignKey("patrol.id"), index=True)
    seed: Mapped[str] = mapped_column(String(32))
    among: Mapped[str] = mapped_column(String(16))
    candidates: Mapped[list[Any]] = mapped_column(Json)
    drawn: Mapped[list[Any]] = mapped_column(Json)
    __table_args__ = (CheckConstraint("among IN ('attending', 'roster')", name="among"),)


class RollCallAnswer(CentreBase):
    __tablename__ = "roll_call_answer"
    roll_call_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roll_call.id"), primary_key=True)
    roster_entry_id: Mapped[UUID] = mapped_column(Id, ForeignKey("roster_entry.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(String(16))
    __table_args__ = (CheckConstraint("answer IN ('seen', 'not_seen', 'refused')", name="answer"),)
