from __future__ import annotations

from datetime import date

import pytest

from supervisor.rules.account_review import AccountDays, Mark, due, marks

TODAY = date(2026, 11, 23)


def days(granted: date = date(2026, 11, 1), signed_in: date | None = TODAY, expires: date | None = None) -> AccountDays:
    return AccountDays(granted, signed_in, expires, None)


@pytest.mark.rule("L25")
@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (days(), ()),
        (days(signed_in=None), (Mark.NEVER_SIGNED_IN,)),
        (days(granted=date(2026, 8, 25), signed_in=None), (Mark.NEVER_SIGNED_IN, Mark.UNUSED)),  # 90 days
        (days(signed_in=date(2026, 8, 25)), (Mark.UNUSED,)),
        (days(signed_in=date(2026, 8, 26)), ()),
        (days(expires=date(2026, 12, 23)), (Mark.EXPIRES_SOON,)),
        (days(expires=date(2026, 12, 24)), ()),
        (days(expires=TODAY), (Mark.EXPIRED,)),
    ],
)
def test_marks(one: AccountDays, expected: tuple[Mark, ...]) -> None:
    assert marks(one, TODAY, 90) == expected


@pytest.mark.rule("L25")
def test_an_account_is_looked_at_once_in_a_calendar_month() -> None:
    october, november = date(2026, 10, 31), date(2026, 11, 1)
    assert not due(AccountDays(november, None, None, None), TODAY)
    assert due(AccountDays(october, None, None, None), TODAY)
    assert not due(AccountDays(october, None, None, november), TODAY)
    assert due(AccountDays(october, None, None, november), date(2026, 12, 1))
