"""What a trainee's training is paid with (B-01, B-02). Integers only: whole yuan as the plan says, fen for records."""

from __future__ import annotations

from config.profile import SubsidyRules

FEN_PER_YUAN = 100


def subsidy_yuan(days: int, rules: SubsidyRules) -> int:
    """B-01: 前10天每人每天150元、之后每人每天100元，最高每人不超过5000元. `days`: valid days of one trainee.

    Raises ValueError for a negative number of days.
    """
    if days < 0:
        raise ValueError("a negative number of days")
    first = min(days, rules.first_days)
    return min(rules.cap, rules.first_rate * first + rules.later_rate * (days - first))


def subsidy_fen(days: int, rules: SubsidyRules) -> int:
    return subsidy_yuan(days, rules) * FEN_PER_YUAN


def payable_heads(trained: int, employed: int, rules: SubsidyRules) -> int:
    """B-02: all who finished when the employment rate reaches the threshold (inclusive), else only the employed.

    Raises ValueError when more are employed than were trained, or either is negative.
    """
    if not 0 <= employed <= trained:
        raise ValueError("the employed are some of the trained")
    return trained if employed * 100 >= rules.employment_threshold * trained else employed
