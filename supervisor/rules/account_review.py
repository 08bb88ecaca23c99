"""The monthly review of accounts (L25): which are due, and what speaks against keeping them as they are.

Days are local ones (Asia/Shanghai).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

EXPIRES_SOON = timedelta(days=30)


class Mark(StrEnum):
    NEVER_SIGNED_IN = "never_signed_in"
    UNUSED = "unused"
    EXPIRES_SOON = "expires_soon"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class AccountDays:
    """`expires`: the day it ends, None: never."""

    granted: date
    signed_in: date | None
    expires: date | None
    reviewed: date | None


def marks(days: AccountDays, today: date, unused_days: int) -> tuple[Mark, ...]:
    found = []
    if days.signed_in is None:
        found.append(Mark.NEVER_SIGNED_IN)
    if (today - (days.signed_in or days.granted)).days >= unused_days:
        found.append(Mark.UNUSED)
    if days.expires is not None:
        if days.expires <= today:
            found.append(Mark.EXPIRED)
        elif days.expires - today <= EXPIRES_SOON:
            found.append(Mark.EXPIRES_SOON)
    return tuple(found)


def due(days: AccountDays, today: date) -> bool:
    """Whether nobody has looked at it in this calendar month; the grant itself was a look."""
    return max(days.granted, days.reviewed or days.granted) < today.replace(day=1)
