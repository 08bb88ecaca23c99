"""Tables of the record: audit events, the centre's signed log with its tree and checkpoints, what it witnessed of the
boxes' logs, and the claims of scheduled work. All but the last are append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class AuditEvent(CentreBase):
    """`actor`: `account:<id>`, `box:<id>` or `centre`. `subject`: `<table>:<id>`. `alarm`: a person should look."""

    __tablename__ = "audit_event"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(96), index=True)
    alarm: Mapped[bool]
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    __table_args__ = (Index("ix_audit_event_alarm_at", "alarm", "at"), CheckConstraint("action <> ''", name="action"))


class AlertDecision(CentreBase):
    """What a person said to an alarm. `seq` 1: acknowledged, 2: its end, so that nobody does either twice. `reason`:
    free words; in the signed log only their hash."""

    __tablename__ = "alert_decision"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event_id: Mapped[int] = mapped_column(Big, ForeignKey("audit_event.id"))
    seq: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        UniqueConstraint("event_id", "seq"),
        CheckConstraint(
            "(seq = 1 AND state = 'acknowledged') OR (seq = 2 AND state IN ('resolved', 'false_alarm'))", name="state"
        ),
    )


class CentreLogRow(CentreBase):
    """Entry `idx` of the centre's own log. `body`: canonical JSON (RFC 8785) of kind, at, actor, subject and details; a
    leaf of the tree whose `log` is CENTRE_LOG."""

    __tablename__ = "centre_log"
    idx: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(96), index=True)
    body: Mapped[str] = mapped_column(Text)


class LogTreeNode(CentreBase):
    """Merkle trees (RFC 6962) of the centre's log and of the boxes' logs as they arrived. `log`: CENTRE_LOG, or the
    box's id. `hash`: over entries idx * 2^level … (idx + 1) * 2^level - 1."""

    __tablename__ = "log_tree"
    log: Mapped[str] = mapped_column(String(36), primary_key=True)
    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    idx: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    __table_args__ = ({"sqlite_with_rowid": False},)


class CentreLogHead(CentreBase):
    """One row, locked by whoever adds to the centre's log. `size`: entries 0 … size-1 are there."""

    __tablename__ = "centre_log_head"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    size: Mapped[int] = mapped_column(Big)


class CentreCheckpoint(CentreBase):
    """The centre's log as it was signed at a moment. `note`: C2SP signed note; it gains the cosignatures of outside
    witnesses as they come."""

    __tablename__ = "centre_checkpoint"
    size: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text)


class Receipt(CentreBase):
    """What the centre, as witness, cosigned of a box's log: a checkpoint of `size` entries with this root, at `at` by
    the centre's clock. `note`: the checkpoint, signed by the box and cosigned by the centre."""

    __tablename__ = "receipt"
    box_id: Mapped[UUID] = mapped_column(Id, ForeignKey("box.id"), primary_key=True)
    size: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text)


class JobRun(CentreBase):
    """Who inserts (job, slot) first runs it: one run a slot, however many replicas of the centre there are."""

    __tablename__ = "job_run"
    job: Mapped[str] = mapped_column(String(32), primary_key=True)
    slot: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
