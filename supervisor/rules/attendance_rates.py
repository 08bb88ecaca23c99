"""Attendance of a class over its lesson hours: totals, each person's rate, each day's (A-14; RULES 1.6 Q9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from config.profile import AttendanceRules
from supervisor.rules.attendance import AttendanceStatus, TraineeHour


@dataclass(frozen=True, slots=True)
class HourAttendance:
    """A lesson hour that is over. `day`: its date at the site; `trainees`: one per roster row, in roster order."""

    day: date
    trainees: tuple[TraineeHour, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """`attended` of `hours`; `enough`: at least the profile's share; None while there is no hour."""

    attended: int
    hours: int
    enough: bool | None


@dataclass(frozen=True, slots=True)
class PersonTotals:
    """Hours on leave are hours of the plan that were not earned (Q9): they lower the rate."""

    trainee: str
    states: dict[AttendanceStatus, int]
    rate: Rate


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Person-hours of one day."""

    day: date
    rate: Rate


def rate(attended: int, hours: int, minimum: float) -> Rate:
    """Exact: 4 of 5 is 0.80, whatever binary fractions say."""
    return Rate(attended, hours, None if hours == 0 else attended >= hours * Fraction(str(minimum)))


def needed_hours(planned: int, minimum: float) -> int:
    """The fewest whole lesson hours that are `minimum` of the plan."""
    return ceil(planned * Fraction(str(minimum)))


def may_still_miss(attended: int, over: int, planned: int, minimum: float) -> int:
    """How many of the plan's lesson hours a person may still miss and have `minimum` of them in the end. Negative: so
    many too many are missed already."""
    return planned - needed_hours(planned, minimum) - (over - attended)


def person_totals(hours: Sequence[HourAttendance], rules: AttendanceRules) -> tuple[PersonTotals, ...]:
    """In roster order; nothing while no hour is over."""
    rows: dict[str, list[TraineeHour]] = {}
    for hour in hours:
        for one in hour.trainees:
            rows.setdefault(one.trainee, []).append(one)
    return tuple(
        PersonTotals(
            trainee,
            dict(Counter(one.status for one in row)),
            rate(sum(one.attends for one in row), len(row), rules.personal_min),
        )
        for trainee, row in rows.items()
    )


def day_totals(hours: Sequence[HourAttendance], rules: AttendanceRules) -> tuple[DayTotals, ...]:
    """Oldest first."""
    days: dict[date, list[TraineeHour]] = {}
    for hour in hours:
        days.setdefault(hour.day, []).extend(hour.trainees)
    return tuple(
        DayTotals(day, rate(sum(one.attends for one in row), len(row), rules.class_day_min))
        for day, row in sorted(days.items())
    )
