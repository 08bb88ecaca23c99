"""The list of accounts and the monthly review, for administrators (L25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from config.clock import CHINA
from supervisor.accounts import repository
from supervisor.accounts.county_rules import account_rules
from supervisor.accounts.models import Account
from supervisor.accounts.schemas import AccountRow, AccountState, ReviewRow
from supervisor.accounts.service import locked
from supervisor.callers import Role
from supervisor.centre import Centre
from supervisor.paging import Page, page_of
from supervisor.rules.account_review import AccountDays, Mark, due, marks


def accounts(centre: Centre, cursor: str | None, size: int) -> Page[AccountRow]:
    """Oldest first. Raises LessonProofError CURSOR_INVALID (422)."""
    with centre.uow.read() as session:
        rows = _listed(centre, session, repository.page_of_accounts(session, cursor, size))
    return Page(**page_of(rows, size, lambda row: (row[0].created_at, row[0].id), lambda row: row[1]))


def review(centre: Centre) -> list[ReviewRow]:
    """The accounts that are granted and not switched off, and that nobody has looked at in this calendar month."""
    now = centre.clock.now()
    unused_days = account_rules(centre.settings.region, now).unused_days
    with centre.uow.read() as session:
        return [
            ReviewRow(
                **row.model_dump(),
                reviewed_at=account.reviewed_at,
                marks=list(marks(_days(account), _day(now), unused_days)),
            )
            for account, row in _listed(centre, session, repository.accounts(session))
            if account.granted_at is not None and account.disabled_at is None and due(_days(account), _day(now))
        ]


def _listed(centre: Centre, session: Session, found: Sequence[Account]) -> list[tuple[Account, AccountRow]]:
    now = centre.clock.now()
    unused_days = account_rules(centre.settings.region, now).unused_days
    commissioned = repository.commissioned(session, [one.id for one in found])
    factors = repository.with_second_factor(session)
    return [
        (
            one,
            AccountRow(
                id=one.id,
                username=one.username,
                name=one.name,
                role=Role(one.role),
                institution_id=one.institution_id,
                area=one.area,
                sector=one.sector,
                institutions=commissioned.get(one.id, []),
                unit=one.unit,
                expires_at=one.expires_at,
                state=_state(one, now),
                second_factor=one.id in factors,
                last_sign_in_at=one.last_sign_in_at,
                unused=one.granted_at is not None and Mark.UNUSED in marks(_days(one), _day(now), unused_days),
            ),
        )
        for one in found
    ]


def _state(account: Account, now: datetime) -> AccountState:
    """The first that holds."""
    for holds, state in (
        (account.disabled_at is not None, AccountState.DISABLED),
        (account.refused_at is not None, AccountState.REFUSED),
        (account.over(now), AccountState.EXPIRED),
        (account.granted_at is None, AccountState.ASKED),
        (account.password_hash is None, AccountState.INVITED),
        (locked(account, now), AccountState.LOCKED),
    ):
        if holds:
            return state
    return AccountState.ACTIVE


def _days(account: Account) -> AccountDays:
    return AccountDays(
        granted=_day(account.granted_at or account.created_at),
        signed_in=None if account.last_sign_in_at is None else _day(account.last_sign_in_at),
        expires=None if account.expires_at is None else _day(account.expires_at),
        reviewed=None if account.reviewed_at is None else _day(account.reviewed_at),
    )


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()
