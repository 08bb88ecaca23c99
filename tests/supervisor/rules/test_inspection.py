"""The form of an inspection, and whose turn it is to set something right (B-19, RULES 2.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supervisor.rules.inspection import (
    Check,
    Conclusion,
    Item,
    Rectification,
    Round,
    Standing,
    record_fault,
    rectification,
    times_fault,
)
from supervisor.rules.roll_call import Finding

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
DAY = timedelta(days=1)
DUE = NOW + DAY


@pytest.mark.rule("B-19", "B-23")
@pytest.mark.parametrize(
    ("items", "findings", "words", "conclusion", "demand", "fault"),
    [
        ({}, [], "", "qualified", "", "INSPECTION_NO_FINDING"),
        ({Item.ORDER: Check.YES}, [Finding.NORMAL], "", "qualified", "", None),
        ({}, [Finding.NORMAL, Finding.SAFETY], "", "qualified", "", "INSPECTION_NORMAL_ALONE"),
        ({}, [Finding.OTHER], " ", "qualified", "", "INSPECTION_TEXT_MISSING"),
        ({Item.PUTONGHUA: Check.NO}, [Finding.NORMAL], "", "qualified", "", "INSPECTION_NOT_NORMAL"),
        ({Item.PUTONGHUA: Check.NOT_CHECKED}, [Finding.NORMAL], "", "qualified", "", None),
        ({}, [Finding.NORMAL], "", "not_qualified", "换教室", "INSPECTION_NOT_NORMAL"),
        ({}, [Finding.NORMAL], "", "qualified", "换教室", "INSPECTION_NOT_NORMAL"),
        ({}, [Finding.SAFETY], "", "not_qualified", " ", "INSPECTION_DEMAND_MISSING"),
        ({}, [Finding.SAFETY], "", "not_qualified", "清理通道", None),
        ({}, [Finding.DISORDER], "", "qualified", "", None),
    ],
)
def test_what_a_record_may_say(
    items: dict[Item, Check], findings: list[Finding], words: str, conclusion: str, demand: str, fault: str | None
) -> None:
    assert record_fault(items, findings, words, Conclusion(conclusion), demand) == fault


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [(NOW - DAY, NOW, False), (NOW - DAY - timedelta(seconds=1), NOW, True), (NOW, NOW, True), (NOW - DAY, DUE, True)],
)
def test_an_inspection_is_over_and_within_a_day(start: datetime, end: datetime, wrong: bool) -> None:
    assert times_fault(start, end, NOW) is wrong


@pytest.mark.rule("B-19")
@pytest.mark.parametrize(
    ("rounds", "state"),
    [
        ([], Rectification(Standing.NOTHING_DEMANDED, None, late=False, overdue=False)),
        ([Round(DUE)], Rectification(Standing.OPEN, DUE, late=False, overdue=False)),
        ([Round(NOW)], Rectification(Standing.OPEN, NOW, late=True, overdue=True)),
        ([Round(DUE, NOW)], Rectification(Standing.ANSWERED, DUE, late=False, overdue=False)),
        ([Round(NOW, NOW)], Rectification(Standing.ANSWERED, NOW, late=True, overdue=False)),
        ([Round(DUE, NOW, True)], Rectification(Standing.ACCEPTED, DUE, late=False, overdue=False)),
        (
            [Round(DUE, NOW, False), Round(DUE + DAY)],
            Rectification(Standing.OPEN, DUE + DAY, late=False, overdue=False),
        ),
        (
            [Round(NOW - DAY, NOW, False), Round(DUE, NOW, True)],
            Rectification(Standing.ACCEPTED, DUE, late=True, overdue=False),
        ),
    ],
)
def test_whose_turn_it_is_and_what_stays_marked_late(rounds: list[Round], state: Rectification) -> None:
    assert rectification(rounds, NOW) == state
