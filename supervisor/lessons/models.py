"""Tables of what the boxes told, what was concluded, and who looked. All append-only but the clip's way to the
archive."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class LogEntryRow(CentreBase):
    """One entry of a box's log, as the box wrote it. `camera_id`, `n`: the camera's own chain."""

    __tablename__ = "log_entry"
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"), primary_key=True)
    idx: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(16))
    camera_id: Mapped[str | None] = mapped_column(String(36))
    n: Mapped[int | None] = mapped_column(Big)
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        Index("ix_log_entry_camera_n", "box_id", "camera_id", "n"),
        Index("ix_log_entry_kind", "box_id", "kind", "idx"),
    )


class EvidenceRow(CentreBase):
    """The evidence of a lesson hour as entry `idx` of the box's log carries it."""

    __tablename__ = "evidence"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"))
    idx: Mapped[int] = mapped_column(Big)
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (UniqueConstraint("box_id", "idx"),)


class ReplayCheckRow(CentreBase):
    """A box looked at a lesson hour for replays: entry `idx` of its log. `body`: ReplayEntry."""

    __tablename__ = "replay_check"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"))
    idx: Mapped[int] = mapped_column(Big)
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (UniqueConstraint("box_id", "idx"),)


class LessonVerdictRow(CentreBase):
    """Version 1, 2, … of the verdict of a lesson hour; superseded, never updated. `body`: LessonVerdict.

    `evidence_id` None: there was none (sweep). `facts`: what the centre put in place of the reported evidence's own
    words before judging (`supervisor.rules.facts.CentreFacts`), so that the verdict can be recomputed; None:
    nothing. `agrees`: judging the reported evidence gives what the box said; None for what the box did not judge.
    """

    __tablename__ = "lesson_verdict"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"))
    version: Mapped[int]
    source: Mapped[str] = mapped_column(String(8))
    evidence_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("evidence.id"))
    state: Mapped[str] = mapped_column(String(16))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    facts: Mapped[dict[str, Any] | None] = mapped_column(Json)
    agrees: Mapped[bool | None]
    __table_args__ = (
        UniqueConstraint("lesson_hour_id", "version"),
        CheckConstraint("source IN ('box', 'centre', 'sweep')", name="source"),
        CheckConstraint("version >= 1", name="version"),
    )


class EvidenceClip(CentreBase):
    """An evidence clip (取证片段) a verdict entry of `box_id` named. `manifest`: ClipManifest. `retain_until` only
    rises. `playlist`: where the init segment ends and each key-frame group lies, read once when the clip was
    verified. `checked_at`: when its bytes were last hashed. `repairs`: how often the archived object was lost or
    damaged and the box was asked again; each time the next one gets a key of its own. `deleted`: its term is over; the
    row stays."""

    __tablename__ = "evidence_clip"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"))
    camera_id: Mapped[UUID] = mapped_column(Id, ForeignKey("camera.id"))
    manifest: Mapped[dict[str, Any]] = mapped_column(Json)
    bytes: Mapped[int] = mapped_column(Big)
    state: Mapped[str] = mapped_column(String(16), default="expected")
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retain_until: Mapped[datetime] = mapped_column(UtcDateTime)
    object_key: Mapped[str | None] = mapped_column(String(128))
    playlist: Mapped[dict[str, Any] | None] = mapped_column(Json)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    repairs: Mapped[int] = mapped_column(default=0, server_default="0")
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        UniqueConstraint("box_id", "lesson_hour_id", "sha256"),
        CheckConstraint("state IN ('expected', 'uploading', 'verified', 'deleting', 'deleted')", name="state"),
        CheckConstraint("state NOT IN ('verified', 'deleting') OR object_key IS NOT NULL", name="verified_is_stored"),
        CheckConstraint("bytes > 0", name="bytes"),
        CheckConstraint("(state = 'deleted') = (deleted_at IS NOT NULL)", name="deleted_when"),
    )

    @property
    def arrived(self) -> bool:
        """The box owes nothing any more."""
        return self.state in ("verified", "deleting", "deleted")


class ViewLog(CentreBase):
    """The viewing register (查阅登记; 视频条例 art. 16(3)): who, of which unit, looked at what, why, when, from
    where."""

    __tablename__ = "view_log"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(128))
    lesson_hour_id: Mapped[UUID] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    what: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    ip: Mapped[str] = mapped_column(String(45))
    __table_args__ = (
        CheckConstraint("what IN ('playback', 'recording', 'pictures', 'papers', 'export', 'patrol')", name="what"),
    )
