"""A timetable row becomes lesson hours (RULES 1.4, 1.6 Q2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import CHINA
from config.errors import LessonProofError
from config.profile import load_profile
from supervisor.rules.lesson_hours import split_row

RULES = load_profile("140521-2024.1").lesson


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def test_four_lesson_hours_between_half_past_eight_and_ten_to_twelve() -> None:
    slots = split_row(at("2024-09-02T08:30"), at("2024-09-02T11:50"), 4, RULES)
    assert [(f"{one.start:%H:%M:%S}", f"{one.end:%H:%M:%S}") for one in slots] == [
        ("08:30:00", "09:15:00"),
        ("09:21:40", "10:06:40"),
        ("10:13:20", "10:58:20"),
        ("11:05:00", "11:50:00"),
    ]


def test_one_lesson_hour_begins_with_its_row() -> None:
    (only,) = split_row(at("2024-09-02T08:30"), at("2024-09-02T10:00"), 1, RULES)
    assert (only.start, only.end) == (at("2024-09-02T08:30"), at("2024-09-02T09:15"))


def test_a_row_may_cross_midnight_and_the_year() -> None:
    slots = split_row(at("2024-12-31T22:30"), at("2025-01-01T00:30"), 2, RULES)
    assert [one.start for one in slots] == [at("2024-12-31T22:30"), at("2024-12-31T23:45")]
    assert slots[1].end == at("2025-01-01T00:30")


def test_a_row_without_any_break_just_fits() -> None:
    slots = split_row(at("2024-09-02T08:30"), at("2024-09-02T10:00"), 2, RULES)
    assert slots[0].end == slots[1].start


@pytest.mark.parametrize(
    ("end", "hours", "code"),
    [
        ("2024-09-02T09:59:59", 2, "PLAN_ROW_TOO_SHORT"),
        ("2024-09-02T08:00", 1, "PLAN_ROW_TOO_SHORT"),
        ("2024-09-02T11:50", 0, "PLAN_ROW_HOURS"),
        ("2024-09-02T11:50", -1, "PLAN_ROW_HOURS"),
    ],
)
def test_a_row_that_cannot_hold_its_lesson_hours_is_refused(end: str, hours: int, code: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        split_row(at("2024-09-02T08:30"), at(end), hours, RULES)
    assert (refused.value.code, refused.value.status) == (code, 422)


def test_a_time_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        split_row(datetime(2024, 9, 2, 8, 30), at("2024-09-02T11:50"), 4, RULES)


@given(st.integers(1, 12), st.integers(0, 4 * 3600))
def test_lesson_hours_never_overlap_and_fill_their_row(hours: int, spare_s: int) -> None:
    start = at("2024-09-02T08:00")
    end = start + timedelta(minutes=45) * hours + timedelta(seconds=spare_s)
    slots = split_row(start, end, hours, RULES)
    assert slots[0].start == start
    assert hours == 1 or slots[-1].end == end
    breaks = [(two.start - one.end).total_seconds() for one, two in pairwise(slots)]
    assert all(each >= 0 for each in breaks)
    assert not breaks or max(breaks) - min(breaks) <= 1
