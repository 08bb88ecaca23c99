"""How often to count."""

from __future__ import annotations

import pytest

from config.profile import load_profile
from edge_agent.lessons.rhythm import every_s

COUNTY = load_profile("140521-2024.2")


@pytest.mark.parametrize(
    ("satisfied", "recent", "required", "expected"),
    [
        (True, [40, 40], 40, 30),
        (False, [40, 40], 40, 5),  # all are there; the window only needs time
        (False, [40, 39, 40], 40, 2.5),
        (False, [38, 38], 40, 2.5),
        (False, [37, 37], 40, 5),  # out of reach
        (False, [], 40, 5),
        (False, [3], None, 5),
        (False, [0], 0, 5),
    ],
)
def test_dense_until_satisfied_and_densest_where_a_head_decides(
    satisfied: bool, recent: list[int], required: int | None, expected: float
) -> None:
    assert every_s(COUNTY, satisfied=satisfied, recent=recent, required=required) == expected


def test_under_rules_that_do_not_say_it_is_as_it_was() -> None:
    old = load_profile("140521-2024.1")
    assert every_s(old, satisfied=True, recent=[40], required=40) == 30
    assert every_s(old, satisfied=False, recent=[39], required=40) == 5
