"""What a person is told of the account they are signed in with."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel

from supervisor.accounts import repository
from supervisor.accounts.models import Account, SecondFactor
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.vault import token_hash


class OwnSession(BaseModel):
    """A signed-in browser. `here`: the one that asks."""

    since: AwareDatetime
    until: AwareDatetime
    here: bool


class OwnAccount(BaseModel):
    """`institution`, `institutions`: names. `second_factor_at`: since when there is one; `recovery_codes`: left."""

    institution: str | None
    institutions: list[str]
    expires_at: AwareDatetime | None
    second_factor_at: AwareDatetime | None
    recovery_codes: int
    sessions: list[OwnSession]


def own_account(centre: Centre, caller: Caller, token: str) -> OwnAccount:
    """`token`: of the session that asks."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        account = session.get_one(Account, caller.account_id)
        factor = session.get(SecondFactor, caller.account_id)
        named = repository.institution_names(session, caller.institutions or ())
        return OwnAccount(
            institution=repository.institution_name(session, caller.institution_id),
            institutions=sorted(named.values()),
            expires_at=account.expires_at,
            second_factor_at=factor.confirmed_at if factor else None,
            recovery_codes=repository.recovery_codes_left(session, caller.account_id),
            sessions=[
                OwnSession(since=one.created_at, until=one.expires_at, here=one.token_sha256 == token_hash(token))
                for one in repository.sessions_of(session, caller.account_id, now)
            ],
        )
