"""An account as the administrators make it, without a security administrator of its own."""

from __future__ import annotations

from supervisor.accounts.models import Account
from supervisor.accounts.people import create_account
from supervisor.accounts.schemas import AccountIn
from supervisor.callers import Caller
from supervisor.centre import Centre


def granted_account(centre: Centre, admin: Caller, wanted: AccountIn) -> str:
    """The token of its setup link."""
    link = create_account(centre, admin, wanted)
    with centre.uow.write() as session:
        session.get_one(Account, link.account_id).granted_at = centre.clock.now()
    return link.url.rsplit("/", 1)[1]
