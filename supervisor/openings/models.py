"""Tables of opening applications, and what they are checked against."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, Json, UtcDateTime, new_id


class OpeningApplication(CentreBase):
    """What the institution declares of one class, beside roster and plan."""

    __tablename__ = "opening_application"
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(16))
    occupation_code: Mapped[str] = mapped_column(String(16))
    occupation_name: Mapped[str] = mapped_column(String(64))
    level: Mapped[str] = mapped_column(String(16))
    teaching_language: Mapped[str | None] = mapped_column(String(16))
    theory_hours: Mapped[int]
    practice_hours: Mapped[int]
    resources: Mapped[list[Any]] = mapped_column(Json)
    assessment: Mapped[dict[str, Any]] = mapped_column(Json)
    extra: Mapped[dict[str, Any]] = mapped_column(Json)
    __table_args__ = (
        CheckConstraint("kind IN ('ORDER', 'PROJECT', 'ENTERPRISE_STAFF', 'APPRENTICE', 'STARTUP')", name="kind"),
        CheckConstraint("theory_hours >= 0 AND practice_hours >= 0", name="hours"),
    )


class Teacher(CentreBase):
    """A person who teaches; the ID number is kept as a trainee's is, and shown to nobody."""

    __tablename__ = "teacher"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(64))
    certificate: Mapped[str | None] = mapped_column(String(128))
    id_number_cipher: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_hmac: Mapped[str] = mapped_column(String(64), unique=True)


class PlanDetail(CentreBase):
    """What the timetable says of a session beyond time and room (A-10). `tags`: parts of the basic course (B-22)."""

    __tablename__ = "plan_detail"
    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("session.id"), primary_key=True)
    content: Mapped[str] = mapped_column(String(512))
    textbook: Mapped[str] = mapped_column(String(256))
    teacher_id: Mapped[UUID] = mapped_column(Id, ForeignKey("teacher.id"), index=True)
    tags: Mapped[list[Any]] = mapped_column(Json)


class Commitment(CentreBase):
    """A-24, A-07. Append-only. `roster_entry_id`: whose; None: the institution's."""

    __tablename__ = "commitment"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    roster_entry_id: Mapped[UUID | None] = mapped_column(Id)  # no key: an import replaces the roster of a draft
    kind: Mapped[str] = mapped_column(String(20))
    text_version: Mapped[str] = mapped_column(String(32))
    text_sha256: Mapped[str] = mapped_column(String(64))
    entered_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    paper: Mapped[bool]
    photo_sha256: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (
        CheckConstraint("kind IN ('institution_notice', 'trainee_statement', 'hire_intent')", name="kind"),
        CheckConstraint("NOT paper OR photo_sha256 IS NOT NULL", name="paper_has_photo"),
        CheckConstraint("(kind = 'institution_notice') = (roster_entry_id IS NULL)", name="whose"),
    )


class OpeningSignature(CentreBase):
    """The responsible person's word on one content of the application (A-04, L20). Append-only."""

    __tablename__ = "opening_signature"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    sha256: Mapped[str] = mapped_column(String(64))


class OpeningReview(CentreBase):
    """A-03. Append-only; the newest of an element and content counts. `reviewer` None: the machine. `photos`: SHA-256
    of files of the class (`ClassFile`)."""

    __tablename__ = "opening_review"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    class_id: Mapped[UUID] = mapped_column(Id, ForeignKey("training_class.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    element: Mapped[str] = mapped_column(String(32))
    result: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    reviewer: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    photos: Mapped[list[Any]] = mapped_column(Json, default=list, server_default="[]")
    __table_args__ = (
        CheckConstraint("kind IN ('completeness', 'truth', 'return')", name="kind"),
        CheckConstraint("result IN ('true', 'false', 'not_checked')", name="result"),
        CheckConstraint("(kind = 'completeness') = (reviewer IS NULL)", name="person"),
    )


class Licence(CentreBase):
    """`scope`: list of {occupation, level}. `kind`: e.g. school, enterprise_centre."""

    __tablename__ = "licence"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    institution_id: Mapped[UUID] = mapped_column(Id, ForeignKey("institution.id"), index=True)
    licence_no: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    scope: Mapped[list[Any]] = mapped_column(Json)
    __table_args__ = (CheckConstraint("kind IN ('school', 'private', 'enterprise_centre', 'other')", name="kind"),)


class LicenceWithdrawal(CentreBase):
    """A licence that was entered by mistake: from `at` on it counts for nothing. It stays, and so does this."""

    __tablename__ = "licence_withdrawal"
    licence_id: Mapped[UUID] = mapped_column(Id, ForeignKey("licence.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(Text)


class CatalogueEntry(CentreBase):
    """One line of a version of the county's catalogue: an occupation with its level, or an evaluation body."""

    __tablename__ = "catalogue_entry"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(16), index=True)
    version: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(128))
    level: Mapped[str] = mapped_column(String(16))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    __table_args__ = (CheckConstraint("kind IN ('occupation', 'evaluation_body')", name="kind"),)


class CatalogueWithdrawal(CentreBase):
    """A version that was withdrawn before its first day: it never is in force."""

    __tablename__ = "catalogue_withdrawal"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(Text)
    __table_args__ = (CheckConstraint("kind IN ('occupation', 'evaluation_body')", name="kind"),)


class SiteVerification(CentreBase):
    """A-09: a room seen on site. The newest counts."""

    __tablename__ = "site_verification"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    room_id: Mapped[UUID] = mapped_column(Id, ForeignKey("room.id"), index=True)
    day: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    passed: Mapped[bool]
    capacity: Mapped[int]
    inspectors: Mapped[list[Any]] = mapped_column(Json)  # names
    photos: Mapped[list[Any]] = mapped_column(Json)  # SHA-256
    __table_args__ = (CheckConstraint("capacity >= 0", name="capacity"),)


class VerificationPhoto(CentreBase):
    """The bytes of a photo that a verification names are here. Append-only. `kind`: what they are, not what was
    claimed."""

    __tablename__ = "verification_photo"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    verification_id: Mapped[UUID] = mapped_column(Id, ForeignKey("site_verification.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(8))
    bytes: Mapped[int] = mapped_column(Big)
    __table_args__ = (
        UniqueConstraint("verification_id", "sha256"),
        CheckConstraint("kind IN ('pdf', 'jpeg', 'png')", name="kind"),
        CheckConstraint("bytes > 0", name="bytes"),
    )


class VerificationView(CentreBase):
    """The viewing register of these photos: who, of which unit, why, when, from where (L14). Append-only."""

    __tablename__ = "verification_view"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(128))
    verification_id: Mapped[UUID] = mapped_column(Id, ForeignKey("site_verification.id"))
    reason: Mapped[str] = mapped_column(String(32))
    ip: Mapped[str] = mapped_column(String(45))
    __table_args__ = (Index("ix_verification_view_verification_id_at", "verification_id", "at"),)


class InstitutionAggregate(CentreBase):
    """A-29: all that may be known of a secret-related unit: how many, in which period."""

    __tablename__ = "institution_aggregate"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    institution_id: Mapped[UUID] = mapped_column(Id, ForeignKey("institution.id"), index=True)
    entered_by: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    heads: Mapped[int]
    __table_args__ = (CheckConstraint("heads >= 0", name="heads"),)
