"""Tables of accounts. Passwords are Argon2 hashes; tokens are kept only as SHA-256."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Id, UtcDateTime, new_id


class Account(CentreBase):
    """One real person. Scope: `institution_id`, `area`, `sector`, and for a third party the rows of
    `account_institution`; nothing of it: the whole county. `unit`: where the person works, if that is not the
    institution or the competent department. `password_hash` None: the setup link is not redeemed yet."""

    __tablename__ = "account"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))  # supervisor.callers.Role
    institution_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("institution.id"), index=True)
    area: Mapped[str | None] = mapped_column(String(6))
    sector: Mapped[str | None] = mapped_column(String(32))
    unit: Mapped[str | None] = mapped_column(String(128))
    password_hash: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint(
            "role IN ('teacher', 'responsible', 'inspector', 'approver', 'handler', 'finance', 'sector', 'third_party',"
            " 'oversight', 'system_admin', 'security_admin', 'audit_admin')",
            name="role",
        ),
        CheckConstraint(
            "role NOT IN ('teacher', 'responsible') OR institution_id IS NOT NULL", name="teacher_has_institution"
        ),
        CheckConstraint(
            "role NOT IN ('approver', 'handler', 'finance', 'oversight', 'system_admin', 'security_admin',"
            " 'audit_admin') OR institution_id IS NULL",
            name="county_role_is_unscoped",
        ),
        CheckConstraint("role <> 'sector' OR sector IS NOT NULL", name="sector_has_one"),
        CheckConstraint("role <> 'third_party' OR expires_at IS NOT NULL", name="third_party_ends"),
    )


class AccountInstitution(CentreBase):
    """An institution that a third-party supervisor is commissioned for (A-30)."""

    __tablename__ = "account_institution"
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"), primary_key=True)
    institution_id: Mapped[UUID] = mapped_column(Id, ForeignKey("institution.id"), primary_key=True)


class SetupLink(CentreBase):
    """A one-time link. `account_id` None: it makes the first administrator."""

    __tablename__ = "setup_link"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AccountSession(CentreBase):
    """A signed-in browser."""

    __tablename__ = "account_session"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
