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


class WallDraw(CentreBase):
    """Running lesson hours drawn for the wall. `candidates`, `drawn`: lesson hour ids; `seed` gives the same again."""

    __tablename__ = "wall_draw"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    seed: Mapped[str] = mapped_column(String(32))
    candidates: Mapped[list[Any]] = mapped_column(Json)
    drawn: Mapped[list[Any]] = mapped_column(Json)


class PatrolRound(CentreBase):
    """One group of the wall, signed off by who looked at it. `draw_id`: of the draw that chose its tiles."""

    __tablename__ = "patrol_round"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    local_date: Mapped[date] = mapped_column(Date)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    draw_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("wall_draw.id"))
    __table_args__ = (Index("ix_patrol_round_local_date_at", "local_date", "at"),)


class PatrolRoundTile(CentreBase):
    """A tile of a round. `shown`: what it showed when it was signed off, `shown_ms` for how long by then. `patrol_id`:
    the record this gave; None: none, because of `reason` (supervisor.patrol.rounds.NotSigned)."""

    __tablename__ = "patrol_round_tile"
    round_id: Mapped[UUID] = mapped_column(Id, ForeignKey("patrol_round.id"), primary_key=True)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), primary_key=True)
    camera_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("camera.id"))
    shown: Mapped[str] = mapped_column(String(16))
    shown_ms: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(16))
    patrol_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("patrol.id"))
    __table_args__ = (
        CheckConstraint("shown IN ('video', 'picture', 'nothing')", name="shown"),
        CheckConstraint("(patrol_id IS NULL) = (reason IS NOT NULL)", name="signed_or_why"),
        CheckConstraint("shown <> 'nothing' OR patrol_id IS NULL", name="signed_was_shown"),
    )


class PatrolDismissal(CentreBase):
    """ "Not a problem", said of one kind of trouble of a running lesson hour (supervisor.patrol.wall.Trouble), with the
    reason. In the signed log only the reason's hash."""

    __tablename__ = "patrol_dismissal"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    trouble: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)


class PatrolMark(CentreBase):
    """An instant of a live picture that somebody marked. A snapshot has the SHA-256 of the picture that left the
    browser, so that the file can be told from another one; its bytes are not kept here."""

    __tablename__ = "patrol_mark"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    camera_id: Mapped[UUID] = mapped_column(Id, ForeignKey("camera.id"))
    kind: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (
        CheckConstraint("kind IN ('bookmark', 'snapshot')", name="kind"),
        CheckConstraint("(kind = 'snapshot') = (sha256 IS NOT NULL)", name="snapshot_has_hash"),
    )
