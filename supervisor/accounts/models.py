"""Tables of accounts. Passwords are Argon2 hashes; tokens are kept only as SHA-256; secrets of the second factor are
sealed, its recovery codes keyed hashes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import CentreBase
from storage.database.types import Big, Id, UtcDateTime, new_id


class Account(CentreBase):
    """One real person. Scope: `institution_id`, `area`, `sector`, and for a third party the rows of
    `account_institution`; nothing of it: the whole county. `unit`: where the person works, if that is not the
    institution or the competent department. `password_hash` None: the setup link is not redeemed yet.

    `granted_at` None: role and scope are only asked for, nobody signs in with them. `person_hmac`: keyed hash of the
    ID number, so that one person's two accounts are known as such. `reviewed_at`: the last monthly review."""

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
    granted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    person_hmac: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (
        CheckConstraint("granted_at IS NULL OR refused_at IS NULL", name="granted_or_refused"),
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

    def acts(self, now: datetime) -> bool:
        """Granted, not switched off, not over."""
        return self.granted_at is not None and self.disabled_at is None and not self.over(now)

    def over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


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


class SecondFactor(CentreBase):
    """The secret of one-time codes (RFC 6238), sealed for the account. `last_step`: the time step of the newest code
    that was taken; none up to it is taken again. `next_cipher`: the secret that takes its place, once confirmed."""

    __tablename__ = "second_factor"
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    secret_cipher: Mapped[bytes] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int | None] = mapped_column(Big)
    next_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)


class RecoveryCode(CentreBase):
    """One use each, for who has lost the phone. `code_hmac` is keyed: it is short enough to be guessed otherwise."""

    __tablename__ = "recovery_code"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("account.id"), index=True)
    code_hmac: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
