from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supervisor.rules.registry import DEFAULT, due_at, percentile, retry_delay_s
from supervisor.rules.working_days import WEEKDAYS


@pytest.mark.rule("B-13")
@pytest.mark.parametrize(
    ("kind", "due"),
    [
        ("check_in", datetime(2026, 11, 28, 4, tzinfo=UTC)),
        ("class_state", datetime(2026, 11, 30, 16, tzinfo=UTC)),  # from a Friday: to the end of Monday in China
        ("clip_manifest", None),
    ],
)
def test_due(kind: str, due: datetime | None) -> None:
    assert due_at(kind, datetime(2026, 11, 27, 4, tzinfo=UTC), DEFAULT, WEEKDAYS) == due


def test_delays_grow_within_bounds_and_are_the_same_again() -> None:
    for tries in range(1, 60):
        whole = min(30 * 2 ** (tries - 1), 3600)
        assert whole / 2 <= retry_delay_s(tries, "a") <= whole
        assert retry_delay_s(tries, "a") == retry_delay_s(tries, "a")
    assert len({retry_delay_s(3, str(seed)) for seed in range(20)}) == 20


def test_percentiles_are_values_that_occurred() -> None:
    values = [timedelta(hours=hour).total_seconds() for hour in range(1, 21)]
    assert (percentile(values, 0.5), percentile(values, 0.95)) == (36_000, 68_400)
    assert percentile([], 0.5) is None
    assert percentile([7.0], 0.95) == 7.0
