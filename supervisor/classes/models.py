"""Tables of classes: institution, training class, trainee, roster, session, lesson hour."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class Institution(CentreBase):
    """`area`: GB/T 2260, six digits. `sector`: the department it belongs to. `secret_related`: marked by the county
    only; nothing of its people, rooms or pictures is entered (A-29)."""

    __tablename__ = "institution"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(128), unique=True)
    area: Mapped[str] = mapped_column(String(6), index=True)
    sector: Mapped[str | None] = mapped_column(String(32), index=True)
    secret_related: Mapped[bool] = mapped_column(server_default=false())


class TrainingClass(CentreBase):
    """`profile`: name of the region profile valid on the opening day; it never changes afterwards (RULES 1.6).
    `class_end`: end of the last session; retention counts from it."""

    __tablename__ = "training_class"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    institution_id: Mapped[UUID] = mapped_column(Id, ForeignKey("institution.id"), index=True)
    class_no: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    status: Mapped[str] = mapped_column(String(16), default="draft")
    profile: Mapped[str] = mapped_column(String(64))
    opening_day: Mapped[date | None] = mapped_column(Date)  # declared; None: the first session's
    exempt: Mapped[str | None] = mapped_column(String(32))  # rules.evidence.ExemptKind; in step with `exemption`
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    class_end: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'approved', 'running', 'finished', 'examined', 'closed',"
            " 'rejected', 'withdrawn', 'suspended', 'voided')",
            name="status",
        ),
        CheckConstraint(
            "status NOT IN ('approved', 'running', 'finished', 'examined', 'closed') OR approved_at IS NOT NULL",
            name="running_was_approved",
        ),
        CheckConstraint("exempt IS NULL OR exempt IN ('enterprise_staff', 'secret_unit')", name="exempt"),
    )


class Trainee(CentreBase):
    """A person. The only table with an ID number: encrypted (AES-256-GCM, the row's id as associated data); found
    again by keyed hash. `last4_hmac` is keyed too: four characters alone are quickly guessed."""

    __tablename__ = "trainee"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(64))
    id_number_cipher: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_hmac: Mapped[str] = mapped_column(String(64), unique=True)
    last4_hmac: Mapped[str] = mapped_column(String(64))


class RosterEntry(CentreBase):
    """One trainee in one class. Its id is the opaque reference that evidence carries. `version`: of the roster; a new
    import removes the rows of the one before, which stay."""

    __tablename__ = "roster_entry"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    trainee_id: Mapped[UUID] = mapped_column(Id, ForeignKey("trainee.id"), index=True)
    position: Mapped[int]  # row of the roster, from 0
    status: Mapped[str] = mapped_column(String(16), default="active")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # since when `withdrawn`: earlier hours stay
    __table_args__ = (
        UniqueConstraint("class_id", "version", "trainee_id"),
        CheckConstraint(
            "status IN ('enrolled', 'active', 'completed', 'failed', 'withdrawn', 'removed')", name="status"
        ),
    )


class ClassSession(CentreBase):
    """One row of the teaching plan (课次): a stretch of teaching in one room. `code` is in the check-in address.

    A session that is moved or cancelled stays as a void row; the one held instead `replaces` it. `voided_by_change`: id
    of the PlanChange."""

    __tablename__ = "session"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    room_id: Mapped[UUID] = mapped_column(Id, ForeignKey("room.id"), index=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    local_date: Mapped[date] = mapped_column(Date)  # in Asia/Shanghai
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(16))
    teachers: Mapped[list[Any]] = mapped_column(Json)  # names
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_by_change: Mapped[UUID | None] = mapped_column(Id)
    replaces: Mapped[UUID | None] = mapped_column(Id, ForeignKey("session.id"))
    __table_args__ = (
        CheckConstraint("(voided_at IS NULL) = (voided_by_change IS NULL)", name="void_by_change"),
        CheckConstraint("kind IN ('theory', 'practice', 'exam')", name="kind"),
        CheckConstraint('"end" > start', name="ends_after_start"),
    )


class LessonHour(CentreBase):
    """One lesson hour (学时) of a session; `slot` counts from 1. `makes_up_for` (补课): the failed or cancelled lesson
    hour it stands in for, once it passes itself (Q23)."""

    __tablename__ = "lesson_hour"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"))
    slot: Mapped[int]
    start: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    makes_up_for: Mapped[UUID | None] = mapped_column(Id, ForeignKey("lesson_hour.id"), index=True)
    __table_args__ = (UniqueConstraint("session_id", "slot"), CheckConstraint('"end" > start', name="ends_after_start"))


class ClassFile(CentreBase):
    """A file that somebody handed in to go with what is said of the class: a lifted block, the truth of its opening, a
    request for an exemption. Append-only. `kind`: what its bytes are, not what was claimed."""

    __tablename__ = "class_file"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(8))
    bytes: Mapped[int] = mapped_column(Big)
    __table_args__ = (
        UniqueConstraint("class_id", "sha256", "account_id"),
        CheckConstraint("kind IN ('pdf', 'jpeg', 'png')", name="kind"),
        CheckConstraint("bytes > 0", name="bytes"),
    )
