"""The rules for accounts of the county's profile that is valid today."""

from __future__ import annotations

from datetime import datetime

from config.accounts import DEFAULT_ACCOUNTS, AccountRules
from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.profiles import profile_on


def account_rules(region: str, now: datetime) -> AccountRules:
    """A region without a profile of its own has the default: it cannot hold classes, but people sign in."""
    try:
        return profile_on(region, now.astimezone(CHINA).date()).accounts or DEFAULT_ACCOUNTS
    except LessonProofError:
        return DEFAULT_ACCOUNTS
