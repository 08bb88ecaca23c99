"""Leave, make-up check-ins and joining late: times, deciders, limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.errors import LessonProofError
from supervisor.profiles import profile_named
from supervisor.rules.attendance import CheckInFact, as_evidence, attendance
from supervisor.rules.checkin import CheckInResult, Direction, SessionTimes
from supervisor.rules.leave import (
    Decider,
    Leave,
    LeaveKind,
    check_leave,
    check_makeup,
    covers,
    decider,
    leave_hours,
    may_join,
    over_limit,
)
from supervisor.rules.lesson_hours import LessonSlot
from supervisor.rules.plan_change import DEFAULT
from supervisor.rules.working_days import WorkingCalendar

NINE = datetime(2026, 11, 27, 1, tzinfo=UTC)  # Friday 09:00 at the site
HOUR = timedelta(hours=1)
SLOT = LessonSlot(NINE, NINE + timedelta(minutes=45))
PERSONAL, SICK = LeaveKind.PERSONAL, LeaveKind.SICK
PROFILE = profile_named("140521-2024.3")


@pytest.mark.rule("A-14")
@pytest.mark.parametrize(
    ("length", "asked_before", "expected"),
    [
        (3 * HOUR, HOUR, Decider.TEACHER),
        (24 * HOUR, HOUR, Decider.TEACHER),
        (25 * HOUR, HOUR, Decider.COUNTY),
        (3 * HOUR, -HOUR, Decider.COUNTY),
    ],
)
def test_who_decides_on_leave(length: timedelta, asked_before: timedelta, expected: Decider) -> None:
    assert decider(NINE, NINE + length, NINE - asked_before, DEFAULT) is expected


NEXT_WEEK_OFF = WorkingCalendar(frozenset({datetime(2026, 11, 30).date()}), frozenset())


@pytest.mark.rule("A-14")
@pytest.mark.parametrize(
    ("kind", "asked_at", "paper", "code"),
    [
        (PERSONAL, NINE - HOUR, False, None),
        (PERSONAL, NINE, True, "LEAVE_TOO_LATE"),
        (SICK, NINE - HOUR, False, None),
        (SICK, NINE + HOUR, True, None),
        (SICK, NINE + HOUR, False, "LEAVE_PAPER_MISSING"),
        (SICK, datetime(2026, 11, 30, 15, 59, tzinfo=UTC), True, None),  # Monday 23:59: one working day after Friday
        (SICK, datetime(2026, 11, 30, 16, 0, tzinfo=UTC), True, "LEAVE_TOO_LATE"),
    ],
)
def test_until_when_leave_is_asked_for(kind: LeaveKind, asked_at: datetime, paper: bool, code: str | None) -> None:
    assert _code(lambda: check_leave(kind, NINE, NINE + HOUR, asked_at, DEFAULT, paper=paper)) == code


def test_a_holiday_gives_sick_leave_another_day_and_a_leave_needs_a_length() -> None:
    tuesday = datetime(2026, 12, 1, 3, tzinfo=UTC)
    late = _code(lambda: check_leave(SICK, NINE, NINE + HOUR, tuesday, DEFAULT, paper=True, calendar=NEXT_WEEK_OFF))
    assert late is None
    assert _code(lambda: check_leave(SICK, NINE, NINE, tuesday, DEFAULT, paper=True)) == "LEAVE_TIMES"


LEAVE = Leave(PERSONAL, NINE, NINE + HOUR, NINE - HOUR, paper=False)


@pytest.mark.rule("A-14")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"start": NINE + timedelta(minutes=44)}, True),  # touches the hour: the whole of it
        ({"start": SLOT.end}, False),
        ({"start": NINE - HOUR, "until": NINE}, False),
        ({"approved_at": NINE}, True),
        ({"approved_at": NINE + timedelta(seconds=1)}, False),  # absence does not become leave afterwards
        ({"approved_at": NINE + HOUR, "kind": SICK}, False),
        ({"approved_at": NINE + HOUR, "kind": SICK, "paper": True}, True),
    ],
)
def test_which_hours_a_leave_covers(changes: dict[str, object], expected: bool) -> None:
    assert covers(replace(LEAVE, **changes), SLOT) is expected  # type: ignore[arg-type]


@pytest.mark.rule("A-14")
def test_leave_over_a_fifth_of_the_plan_is_over_the_limit() -> None:
    plan = [LessonSlot(NINE + each * HOUR, NINE + each * HOUR + timedelta(minutes=45)) for each in range(10)]
    one, three = LEAVE, replace(LEAVE, start=NINE + HOUR, until=NINE + 4 * HOUR)
    assert [leave_hours(taken, plan) for taken in ([], [one], [one, one], [one, three])] == [0, 1, 1, 4]
    ratio = PROFILE.attendance.leave_max_ratio
    assert [over_limit(hours, 10, ratio) for hours in (0, 2, 3)] == [False, False, True]


@pytest.mark.rule("A-14")
def test_forty_present_of_forty_two_with_two_on_leave() -> None:
    roster = [f"t{each}" for each in range(42)]
    facts = [CheckInFact(who, Direction.IN, NINE - timedelta(minutes=5), CheckInResult.ACCEPTED) for who in roster[:41]]
    away = {who for who in roster[40:] if covers(LEAVE, SLOT)}  # one of them had checked in before falling ill
    told = as_evidence(attendance(SLOT, roster, facts, away, PROFILE.attendance), 0)
    assert (len(told.present), set(told.on_leave), told.roster) == (40, {"t40", "t41"}, 42)


SESSION = SessionTimes(NINE, NINE + 3 * HOUR)


@pytest.mark.rule("A-14")
@pytest.mark.parametrize(
    ("at", "now", "used", "code"),
    [
        (NINE, NINE + HOUR, 1, None),
        (NINE, NINE + 24 * HOUR, 0, None),
        (NINE, NINE + 24 * HOUR + timedelta(seconds=1), 0, "MAKEUP_TOO_LATE"),
        (NINE, NINE + HOUR, 2, "MAKEUP_TOO_MANY"),
        (NINE + 2 * HOUR, NINE + HOUR, 0, "MAKEUP_TIME"),  # has not happened yet
        (NINE - HOUR, NINE + HOUR, 0, "MAKEUP_TIME"),
        (NINE + 4 * HOUR, NINE + 5 * HOUR, 0, "MAKEUP_TIME"),
    ],
)
def test_make_up_check_ins(at: datetime, now: datetime, used: int, code: str | None) -> None:
    assert _code(lambda: check_makeup(at, Direction.IN, SESSION, now, used, PROFILE.checkin)) == code


def test_nobody_joins_once_a_fifth_has_begun() -> None:
    assert [may_join(begun, 10, DEFAULT) for begun in (0, 1, 2)] == [True, True, False]


def _code(call: object) -> str | None:
    try:
        call()  # type: ignore[operator]
    except LessonProofError as error:
        return error.code
    return None
