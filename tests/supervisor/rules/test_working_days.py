"""Working days and months (RULES 1.4, B-06, B-07)."""

from __future__ import annotations

from datetime import date

import pytest

from config.profile import load_profile
from supervisor.rules.working_days import WorkingCalendar, add_months, payment_due, publicity_end

PROFILE = load_profile("140521-2024.1")
AUTUMN_2024 = WorkingCalendar(
    holidays=frozenset(date(2024, 10, day) for day in range(1, 8)),
    working_weekends=frozenset({date(2024, 9, 29), date(2024, 10, 12)}),
)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2024, 12, 31), date(2025, 2, 28)),
        (date(2024, 7, 31), date(2024, 9, 30)),
        (date(2024, 3, 15), date(2024, 5, 15)),
        (date(2023, 12, 31), date(2024, 2, 29)),
    ],
)
def test_payment_is_due_two_calendar_months_after(received: date, due: date) -> None:
    assert payment_due(received, PROFILE.payment) == due


@pytest.mark.parametrize(
    ("posted", "last"),
    [
        (date(2024, 9, 27), date(2024, 10, 10)),
        (date(2024, 9, 2), date(2024, 9, 9)),
        (date(2024, 9, 1), date(2024, 9, 6)),
    ],
)
def test_a_notice_stands_five_full_working_days_after_its_posting(posted: date, last: date) -> None:
    assert publicity_end(posted, AUTUMN_2024, PROFILE.publicity) == last


def test_no_working_days_is_the_same_day() -> None:
    assert AUTUMN_2024.after(date(2024, 10, 1), 0) == date(2024, 10, 1)


@pytest.mark.parametrize(("day", "works"), [("2024-09-29", True), ("2024-10-07", False), ("2024-10-13", False)])
def test_the_holiday_notice_wins_over_the_weekday(day: str, works: bool) -> None:
    assert AUTUMN_2024.works(date.fromisoformat(day)) is works


def test_months_go_backwards_too() -> None:
    assert add_months(date(2024, 3, 31), -1) == date(2024, 2, 29)
