"""SQL of accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account, AccountSession, SetupLink
from supervisor.classes.models import Institution
from supervisor.vault import token_hash


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Account).where(Account.password_hash.is_not(None))) or 0


def by_username(session: Session, username: str) -> Account | None:
    """Locked against a second sign-in at the same moment, so that wrong tries are counted exactly."""
    return session.scalar(select(Account).where(Account.username == username).with_for_update())


def by_id(session: Session, account_id: UUID) -> Account | None:
    """Of any institution: only the county's administrators manage accounts."""
    return session.get(Account, account_id)


def institution_name(session: Session, institution_id: UUID | None) -> str | None:
    if institution_id is None:
        return None
    return session.scalar(select(Institution.name).where(Institution.id == institution_id))


def live_link(session: Session, token: str, now: datetime) -> SetupLink | None:
    return session.scalar(
        select(SetupLink)
        .where(SetupLink.token_sha256 == token_hash(token), SetupLink.used_at.is_(None), SetupLink.expires_at > now)
        .with_for_update()
    )


def void_links(session: Session, account_id: UUID, now: datetime) -> None:
    """Links of the account that nobody used yet work no more."""
    unused = update(SetupLink).where(SetupLink.account_id == account_id, SetupLink.used_at.is_(None))
    session.execute(unused.values(used_at=now))


def end_sessions_of(session: Session, account_id: UUID) -> None:
    session.execute(delete(AccountSession).where(AccountSession.account_id == account_id))


def end_session(session: Session, token: str) -> None:
    session.execute(delete(AccountSession).where(AccountSession.token_sha256 == token_hash(token)))


def forget_expired(session: Session, now: datetime) -> int:
    """Sessions and setup links whose time is over; used links stay as long as they would have been valid."""
    links = session.execute(delete(SetupLink).where(SetupLink.expires_at <= now))
    sessions = session.execute(delete(AccountSession).where(AccountSession.expires_at <= now))
    return (links.rowcount or 0) + (sessions.rowcount or 0)  # type: ignore[attr-defined]
