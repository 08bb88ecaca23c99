"""Who attends which lesson hour of a morning (RULES 1.6 Q5, Q9, Q10)."""

from __future__ import annotations

from datetime import datetime

import pytest

from config.clock import CHINA
from config.profile import load_profile
from supervisor.rules.attendance import AttendanceStatus, CheckInFact, TraineeHour, as_evidence, attendance
from supervisor.rules.checkin import CheckInResult, Direction
from supervisor.rules.evidence import Attendance
from supervisor.rules.lesson_hours import LessonSlot

RULES = load_profile("140521-2024.1").attendance
IN, OUT = Direction.IN, Direction.OUT
ACCEPTED, REVIEW, REJECTED = CheckInResult.ACCEPTED, CheckInResult.REVIEW, CheckInResult.REJECTED


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-23T{text}").replace(tzinfo=CHINA)


FIRST = LessonSlot(at("08:30"), at("09:15"))
SECOND = LessonSlot(at("09:25"), at("10:10"))


def fact(time: str, direction: Direction, result: CheckInResult = ACCEPTED, **more: bool) -> CheckInFact:
    return CheckInFact("r1", direction, at(time), result, **more)


def hour(slot: LessonSlot, *facts: CheckInFact) -> tuple[bool, str, bool]:
    (one,) = attendance(slot, ["r1"], facts, (), RULES)
    return one.attends, one.status.value, one.flagged


@pytest.mark.parametrize(
    ("slot", "facts", "expected"),
    [
        (FIRST, [], (False, "absent", False)),
        (FIRST, [fact("08:25", IN)], (True, "normal", False)),
        (FIRST, [fact("08:30", IN)], (True, "normal", False)),
        (FIRST, [fact("08:40", IN)], (True, "late", False)),
        (FIRST, [fact("08:40:01", IN)], (False, "late", False)),
        (SECOND, [fact("08:40:01", IN)], (True, "normal", False)),
        (FIRST, [fact("08:25", IN), fact("09:05", OUT)], (True, "early_leave", False)),
        (FIRST, [fact("08:25", IN), fact("09:04:59", OUT)], (False, "early_leave", False)),
        (SECOND, [fact("08:25", IN), fact("09:15", OUT)], (False, "absent", False)),
        (SECOND, [fact("08:25", IN), fact("10:10", OUT)], (True, "normal", False)),
        (FIRST, [fact("08:25", IN, REJECTED)], (False, "absent", False)),
        (FIRST, [fact("08:25", IN, REVIEW)], (True, "normal", True)),
        (FIRST, [fact("08:25", IN, by_hand=True)], (True, "makeup", True)),
        (FIRST, [fact("08:20", OUT), fact("08:25", IN)], (True, "normal", False)),
        (FIRST, [fact("08:25", IN), fact("08:50", OUT), fact("08:52", IN)], (False, "late", False)),
        (SECOND, [fact("08:25", IN), fact("08:50", OUT), fact("09:20", IN)], (True, "normal", False)),
        (FIRST, [fact("08:25", IN), fact("09:20", IN)], (True, "normal", False)),
        (FIRST, [fact("09:15", IN)], (False, "absent", False)),
    ],
)
def test_late_and_early_leave_cost_their_own_hour_only(slot: LessonSlot, facts: list[CheckInFact], expected) -> None:
    assert hour(slot, *facts) == expected
    assert hour(slot, *reversed(facts)) == expected


def test_approved_leave_is_neither_required_nor_counted_even_with_a_check_in() -> None:
    hours = attendance(FIRST, ["r1", "r2"], [fact("08:25", IN)], {"r1"}, RULES)
    assert hours[0] == TraineeHour("r1", AttendanceStatus.LEAVE, attends=False, flagged=False)
    assert as_evidence(hours, teachers_in_zone=1) == Attendance((), ("r1",), 2, 1)


def test_the_roster_gives_the_order_and_strangers_are_nobody() -> None:
    facts = [CheckInFact(name, IN, at("08:25"), ACCEPTED) for name in ("stranger", "r3", "r1")]
    hours = attendance(FIRST, ["r1", "r2", "r3"], facts, (), RULES)
    assert as_evidence(hours, 0) == Attendance(("r1", "r3"), (), 3, 0)
