"""The working days a class's terms are counted in: the national holiday notices, what the county's rules change in
them, and the county's own files, which win. A year without a notice is Monday to Friday."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from config.holidays import HolidayNotice, load_notices, shipped_notices
from supervisor.profiles import profiles_of
from supervisor.rules.working_days import WorkingCalendar

_own: dict[int, HolidayNotice] = {}


def add_folder(folder: Path) -> None:
    """Read the county's own notices, one YAML file a year. Raises LessonProofError HOLIDAYS_INVALID."""
    _own.update(load_notices(folder))
    calendar_of.cache_clear()


def notices_of(region: str) -> dict[int, HolidayNotice]:
    """By year."""
    of_rules = {one.year: one for profile in profiles_of(region) for one in profile.holidays or ()}
    return shipped_notices() | of_rules | _own


@cache
def calendar_of(region: str) -> WorkingCalendar:
    notices = notices_of(region).values()
    return WorkingCalendar(
        holidays=frozenset(day for one in notices for day in one.days_off),
        working_weekends=frozenset(day for one in notices for day in one.working_weekends),
    )
