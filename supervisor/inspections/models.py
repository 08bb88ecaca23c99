"""Tables of supervision certificates, of inspection records and of what is set right after them. All append-only: a
certificate computed again is a new row, an answer returned is followed by another."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class SupervisionCertificate(CentreBase):
    """`figures`: supervisor.rules.remote_effective.Figures, as they were at `at`."""

    __tablename__ = "supervision_certificate"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    onsite_required: Mapped[bool]
    figures: Mapped[dict[str, Any]] = mapped_column(Json)
    rule_version: Mapped[str] = mapped_column(String(32))
    profile: Mapped[str] = mapped_column(String(64))
    profile_digest: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index("ix_supervision_certificate_class_id_at", "class_id", "at"),)


class InspectionRecord(CentreBase):
    """What an inspector found (supervisor.rules.inspection). `lesson_hours`: ids, in their order; `items`: Item →
    Check; `figures`: RecordFigures, frozen. `enter_by`: until when it had to be entered. `due_at`: of what is demanded,
    None: nothing is. `words`, `demand`: in the signed log only their hashes."""

    __tablename__ = "inspection_record"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    plan_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("sample_plan.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    lesson_hours: Mapped[list[Any]] = mapped_column(Json)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    present: Mapped[int | None]
    figures: Mapped[dict[str, Any]] = mapped_column(Json)
    items: Mapped[dict[str, Any]] = mapped_column(Json)
    findings: Mapped[list[Any]] = mapped_column(Json)
    words: Mapped[str] = mapped_column(Text)
    conclusion: Mapped[str] = mapped_column(String(16))
    demand: Mapped[str] = mapped_column(Text)
    enter_by: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        Index("ix_inspection_record_at_id", "at", "id"),
        Index("ix_inspection_record_class_id_at", "class_id", "at"),
        Index("ix_inspection_record_due_at", "due_at"),
        CheckConstraint("kind IN ('playback', 'remote', 'on_site')", name="kind"),
        CheckConstraint("conclusion IN ('qualified', 'not_qualified')", name="conclusion"),
        CheckConstraint("ended_at > started_at", name="ends_after_start"),
        CheckConstraint("(demand = '') = (due_at IS NULL)", name="demanded_until"),
        CheckConstraint("present >= 0", name="present"),
    )


class InspectionSignature(CentreBase):
    """Who stands for the record beside its author, or has seen it for the institution. `side`: county | institution."""

    __tablename__ = "inspection_signature"
    inspection_id: Mapped[UUID] = mapped_column(Id, ForeignKey("inspection_record.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    side: Mapped[str] = mapped_column(String(16))
    __table_args__ = (CheckConstraint("side IN ('county', 'institution')", name="side"),)


class RectificationAnswer(CentreBase):
    """What the institution says it set right; `seq` from 1, one a round."""

    __tablename__ = "rectification_answer"
    inspection_id: Mapped[UUID] = mapped_column(Id, ForeignKey("inspection_record.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    words: Mapped[str] = mapped_column(Text)
    __table_args__ = (CheckConstraint("seq >= 1", name="seq"),)


class RectificationFile(CentreBase):
    """A paper, a picture or a short recording that goes with an answer. `kind`: what its bytes are."""

    __tablename__ = "rectification_file"
    inspection_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(8))
    bytes: Mapped[int] = mapped_column(Big)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    __table_args__ = (
        ForeignKeyConstraint(
            ["inspection_id", "seq"],
            ["rectification_answer.inspection_id", "rectification_answer.seq"],
            name="fk_rectification_file_answer",
        ),
        CheckConstraint("kind IN ('pdf', 'jpeg', 'png', 'mp4')", name="kind"),
        CheckConstraint("bytes > 0", name="bytes"),
    )


class RectificationRuling(CentreBase):
    """An inspector accepts the answer `seq`, or returns it with a new term."""

    __tablename__ = "rectification_ruling"
    inspection_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    accepted: Mapped[bool]
    words: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        ForeignKeyConstraint(
            ["inspection_id", "seq"],
            ["rectification_answer.inspection_id", "rectification_answer.seq"],
            name="fk_rectification_ruling_answer",
        ),
        CheckConstraint("accepted = (due_at IS NULL)", name="returned_until"),
    )
