"""SQL of accounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Case, Select, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from supervisor.accounts.models import (
    Account,
    AccountInstitution,
    AccountSession,
    RecoveryCode,
    SecondFactor,
    SetupLink,
)
from supervisor.accounts.schemas import AccountState, AccountWanted
from supervisor.classes.models import Institution
from supervisor.paging import Columns, paged
from supervisor.vault import token_hash


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Account).where(Account.password_hash.is_not(None))) or 0


def by_username(session: Session, username: str) -> Account | None:
    """Locked against a second sign-in at the same moment, so that wrong tries are counted exactly."""
    return session.scalar(select(Account).where(Account.username == username).with_for_update())


def by_id(session: Session, account_id: UUID) -> Account | None:
    """Of any institution: only the county's administrators manage accounts. Locked: two of them may decide at once."""
    return session.get(Account, account_id, with_for_update=True)


def names(session: Session, account_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of people whom something names that the caller was let into."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(account_ids)))
    return {account: name for account, name in rows}  # noqa: C416 - rows are no pairs to mypy


def _state(now: datetime) -> Case[str]:
    """AccountState: the first that holds."""
    return case(
        (Account.disabled_at.is_not(None), AccountState.DISABLED.value),
        (Account.refused_at.is_not(None), AccountState.REFUSED.value),
        (Account.expires_at <= now, AccountState.EXPIRED.value),
        (Account.granted_at.is_(None), AccountState.ASKED.value),
        (Account.password_hash.is_(None), AccountState.INVITED.value),
        (Account.locked_until > now, AccountState.LOCKED.value),
        else_=AccountState.ACTIVE.value,
    )


def page_of_accounts(
    session: Session, wanted: AccountWanted, now: datetime, cursor: str | None, size: int
) -> list[tuple[Account, str]]:
    """Each with its state."""
    query = _matching(select(Account, _state(now)), wanted)
    if wanted.state is not None:
        query = query.where(_state(now) == wanted.state.value)
    rows = session.execute(paged(query, Account.created_at, Account.id, cursor, size))
    return [(one, state) for one, state in rows]


def states(session: Session, wanted: AccountWanted, now: datetime) -> dict[str, int]:
    """State → how many accounts; whatever state `wanted` asks for."""
    counted = _matching(select(Account.id, _state(now).label("state")), wanted).subquery()
    rows = session.execute(select(counted.c.state, func.count()).group_by(counted.c.state))
    return {state: number for state, number in rows}  # noqa: C416 - rows are no pairs to mypy


def _matching(query: Select[*Columns], wanted: AccountWanted) -> Select[*Columns]:
    if wanted.role is not None:
        query = query.where(Account.role == wanted.role.value)
    if wanted.text:
        some = (column.contains(wanted.text, autoescape=True) for column in (Account.username, Account.name))
        query = query.where(or_(*some))
    return query


def accounts(session: Session, now: datetime) -> list[tuple[Account, str]]:
    """Each with its state."""
    return [(one, state) for one, state in session.execute(select(Account, _state(now)).order_by(Account.username))]


def account(session: Session, account_id: UUID, now: datetime) -> tuple[Account, str] | None:
    row = session.execute(select(Account, _state(now)).where(Account.id == account_id)).one_or_none()
    return None if row is None else (row[0], row[1])


def with_role(session: Session, roles: Collection[str]) -> Sequence[Account]:
    return session.scalars(select(Account).where(Account.role.in_(roles))).all()


def ever_granted(session: Session, role: str) -> bool:
    query = select(Account.id).where(Account.role == role, Account.granted_at.is_not(None)).limit(1)
    return session.scalar(query) is not None


def commissioned(session: Session, account_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Account → the institutions it is commissioned for."""
    found: dict[UUID, list[UUID]] = {}
    query = select(AccountInstitution).where(AccountInstitution.account_id.in_(account_ids))
    for row in session.scalars(query.order_by(AccountInstitution.institution_id)):
        found.setdefault(row.account_id, []).append(row.institution_id)
    return found


def commission(session: Session, account_id: UUID, institutions: Collection[UUID]) -> None:
    """These and no others."""
    session.execute(delete(AccountInstitution).where(AccountInstitution.account_id == account_id))
    session.add_all(AccountInstitution(account_id=account_id, institution_id=one) for one in institutions)
    session.flush()


def known_institutions(session: Session, wanted: Collection[UUID]) -> set[UUID]:
    return set(session.scalars(select(Institution.id).where(Institution.id.in_(wanted))))


def second_factor(session: Session, account_id: UUID) -> SecondFactor | None:
    return session.get(SecondFactor, account_id, with_for_update=True)


def with_second_factor(session: Session) -> set[UUID]:
    return set(session.scalars(select(SecondFactor.account_id).where(SecondFactor.confirmed_at.is_not(None))))


def unused_recovery_code(session: Session, account_id: UUID, code_hmac: str) -> RecoveryCode | None:
    return session.scalar(
        select(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hmac == code_hmac,
            RecoveryCode.used_at.is_(None),
        )
        .with_for_update()
    )


def recovery_codes_left(session: Session, account_id: UUID) -> int:
    query = select(func.count()).select_from(RecoveryCode)
    return session.scalar(query.where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))) or 0


def sessions_of(session: Session, account_id: UUID, now: datetime) -> Sequence[AccountSession]:
    """Those that are not over, the newest first."""
    query = select(AccountSession).where(AccountSession.account_id == account_id, AccountSession.expires_at > now)
    return session.scalars(query.order_by(AccountSession.created_at.desc(), AccountSession.id)).all()


def forget_second_factor(session: Session, account_id: UUID) -> None:
    forget_recovery_codes(session, account_id)
    session.execute(delete(SecondFactor).where(SecondFactor.account_id == account_id))


def forget_recovery_codes(session: Session, account_id: UUID) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def institution_names(session: Session, wanted: Collection[UUID]) -> dict[UUID, str]:
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(wanted)))
    return {institution_id: name for institution_id, name in rows}  # noqa: C416


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


def end_sessions_of(session: Session, account_id: UUID, but: str | None = None) -> None:
    """`but`: the token of the session that stays."""
    ended = delete(AccountSession).where(AccountSession.account_id == account_id)
    session.execute(ended if but is None else ended.where(AccountSession.token_sha256 != token_hash(but)))


def end_session(session: Session, token: str) -> None:
    session.execute(delete(AccountSession).where(AccountSession.token_sha256 == token_hash(token)))


def forget_expired(session: Session, now: datetime) -> int:
    """Sessions and setup links whose time is over; used links stay as long as they would have been valid."""
    links = session.execute(delete(SetupLink).where(SetupLink.expires_at <= now))
    sessions = session.execute(delete(AccountSession).where(AccountSession.expires_at <= now))
    return (links.rowcount or 0) + (sessions.rowcount or 0)  # type: ignore[attr-defined]
