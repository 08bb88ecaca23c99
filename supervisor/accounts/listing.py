"""The list of accounts and the monthly review, for administrators (L25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from supervisor.accounts import repository
from supervisor.accounts.county_rules import account_rules
from supervisor.accounts.models import Account
from supervisor.accounts.schemas import AccountRow, AccountState, AccountWanted, ReviewRow
from supervisor.accounts.service import account_not_found
from supervisor.callers import Role
from supervisor.centre import Centre
from supervisor.paging import Page, page_of
from supervisor.rules.account_review import AccountDays, Mark, due, marks


def accounts(centre: Centre, wanted: AccountWanted, cursor: str | None, size: int) -> Page[AccountRow]:
    """Oldest first. Raises LessonProofError CURSOR_INVALID (422)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        rows = _listed(centre, session, repository.page_of_accounts(session, wanted, now, cursor, size))
    return Page(**page_of(rows, size, lambda row: (row[0].created_at, row[0].id), lambda row: row[1]))


def states(centre: Centre, wanted: AccountWanted) -> dict[AccountState, int]:
    """How many accounts there are in each state; none of some."""
    with centre.uow.read() as session:
        found = repository.states(session, wanted, centre.clock.now())
    return {AccountState(state): number for state, number in found.items()}


def account(centre: Centre, account_id: UUID) -> AccountRow:
    """Raises LessonProofError ACCOUNT_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        found = repository.account(session, account_id, centre.clock.now())
        if found is None:
            raise account_not_found()
        return _listed(centre, session, [found])[0][1]


def institution_names(centre: Centre, found: Sequence[AccountRow]) -> dict[UUID, str]:
    """Of every institution that stands in these scopes."""
    wanted = {each for one in found for each in (one.institution_id, *one.institutions) if each is not None}
    with centre.uow.read() as session:
        return repository.institution_names(session, wanted)


def people_of(centre: Centre, account_ids: set[UUID]) -> dict[UUID, str]:
    """Account → name of the person."""
    with centre.uow.read() as session:
        return repository.names(session, account_ids)


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
            for account, row in _listed(centre, session, repository.accounts(session, now))
            if account.granted_at is not None and account.disabled_at is None and due(_days(account), _day(now))
        ]


def _listed(centre: Centre, session: Session, found: Sequence[tuple[Account, str]]) -> list[tuple[Account, AccountRow]]:
    now = centre.clock.now()
    unused_days = account_rules(centre.settings.region, now).unused_days
    commissioned = repository.commissioned(session, [one.id for one, _ in found])
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
                state=AccountState(state),
                locked_until=one.locked_until if state == AccountState.LOCKED else None,
                second_factor=one.id in factors,
                last_sign_in_at=one.last_sign_in_at,
                unused=one.granted_at is not None and Mark.UNUSED in marks(_days(one), _day(now), unused_days),
            ),
        )
        for one, state in found
    ]


def _days(account: Account) -> AccountDays:
    return AccountDays(
        granted=_day(account.granted_at or account.created_at),
        signed_in=None if account.last_sign_in_at is None else _day(account.last_sign_in_at),
        expires=None if account.expires_at is None else _day(account.expires_at),
        reviewed=None if account.reviewed_at is None else _day(account.reviewed_at),
    )


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()
