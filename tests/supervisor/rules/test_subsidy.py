"""Money (RULES 1.4, B-01, B-02)."""

from __future__ import annotations

import pytest

from config.profile import load_profile
from supervisor.rules.subsidy import payable_heads, subsidy_fen, subsidy_yuan

RULES = load_profile("140521-2024.1").subsidy


@pytest.mark.parametrize(
    ("days", "yuan"),
    [(0, 0), (1, 150), (9, 1350), (10, 1500), (11, 1600), (20, 2500), (44, 4900), (45, 5000), (46, 5000), (60, 5000)],
)
def test_subsidy_by_days(days: int, yuan: int) -> None:
    assert subsidy_yuan(days, RULES) == yuan
    assert subsidy_fen(days, RULES) == yuan * 100


@pytest.mark.parametrize(
    ("trained", "employed", "heads"),
    [(40, 32, 40), (40, 31, 31), (39, 31, 31), (39, 32, 39), (50, 40, 50), (1, 0, 0), (0, 0, 0)],
)
def test_heads_paid_by_employment(trained: int, employed: int, heads: int) -> None:
    assert payable_heads(trained, employed, RULES) == heads


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        subsidy_yuan(-1, RULES)
    for trained, employed in ((3, 4), (3, -1)):
        with pytest.raises(ValueError, match="some of the trained"):
            payable_heads(trained, employed, RULES)
