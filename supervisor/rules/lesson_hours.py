"""Where the lesson hours (学时) of a timetable row lie (RULES 1.6 Q1, Q2).

A row of a school's timetable gives a start, an end and a number of lesson hours, never the breaks. The spare time is
spread evenly as breaks between the lesson hours; the first begins with the row and the last ends with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.errors import LessonProofError
from config.profile import LessonRules


@dataclass(frozen=True, slots=True)
class LessonSlot:
    """[start, end) of one lesson hour, in the time zone of its row."""

    start: datetime
    end: datetime


def split_row(start: datetime, end: datetime, hours: int, rules: LessonRules) -> tuple[LessonSlot, ...]:
    """`hours` slots of `rules.minutes` between the aware times `start` and `end`, beginning on whole seconds of the
    row.

    Raises LessonProofError PLAN_ROW_HOURS (no lesson hour at all) and PLAN_ROW_TOO_SHORT (they do not fit).
    A naive time is a mistake of the caller: ValueError.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("a time without a zone")
    if hours < 1:
        raise LessonProofError(
            "PLAN_ROW_HOURS",
            status=422,
            zh="课程表中每行至少 1 学时",
            en="a timetable row holds at least 1 lesson hour",
        )
    length = timedelta(minutes=rules.minutes)
    spare = (end - start) - length * hours
    if spare < timedelta(0):
        raise LessonProofError(
            "PLAN_ROW_TOO_SHORT",
            status=422,
            zh=f"{start:%H:%M}–{end:%H:%M} 排不下 {hours} 个 {rules.minutes:g} 分钟的学时",
            en=f"{start:%H:%M}–{end:%H:%M} is too short for {hours} lesson hours of {rules.minutes:g} minutes",
        )
    spare_s = int(spare.total_seconds())
    breaks = max(hours - 1, 1)
    starts = (start + length * each + timedelta(seconds=spare_s * each // breaks) for each in range(hours))
    return tuple(LessonSlot(one, one + length) for one in starts)
