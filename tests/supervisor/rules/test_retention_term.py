"""Two years, never less (A-19, RULES 1.6 Q15)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.profile import load_profile
from supervisor.rules.retention import retain_until
from supervisor.rules.working_days import add_months

RULES = load_profile("140521-2024.1").retention
days = st.dates(date(2020, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("recorded", "class_end", "until"),
    [
        (date(2024, 2, 29), None, date(2026, 3, 1)),
        (date(2024, 9, 2), date(2024, 9, 13), date(2026, 9, 14)),
        (date(2024, 9, 13), date(2024, 9, 2), date(2026, 9, 14)),
        (date(2027, 2, 28), date(2027, 3, 1), date(2029, 3, 1)),
    ],
)
def test_the_later_of_recording_and_class_end_plus_two_years(
    recorded: date, class_end: date | None, until: date
) -> None:
    assert retain_until(recorded, class_end, RULES) == until


@pytest.mark.rule("A-19")
def test_a_clip_of_the_twenty_ninth_of_february_is_kept_at_least_to_the_twenty_eighth() -> None:
    assert retain_until(date(2024, 2, 29), None, RULES) >= date(2026, 2, 28)


@pytest.mark.rule("A-19")
@given(days, days, days)
def test_it_is_never_less_than_two_years_and_only_rises(recorded: date, class_end: date, promised: date) -> None:
    until = retain_until(recorded, class_end, RULES, so_far=promised)
    assert until >= max(promised, add_months(recorded, 24), add_months(class_end, 24), class_end + timedelta(days=731))
    assert retain_until(recorded, None, RULES, so_far=until) == until


def test_a_county_may_keep_longer() -> None:
    longer = RULES.model_copy(update={"clip_days_after_class_end": 1096})
    assert retain_until(date(2024, 1, 1), None, longer) == date(2027, 1, 1)
