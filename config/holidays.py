"""The yearly holiday notice (节假日安排): which weekdays are off, and which weekend days are worked for them (调休).

The notice of a year is published late in the year before: a profile, which a class keeps from its opening day, is too
old to know it. So a notice is a file of its own; a profile has a section only for what its county changes in it.
"""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.errors import LessonProofError

_SATURDAY = 5


class HolidayNotice(BaseModel):
    """`holidays`: first and last day of each stretch off, weekends in it or not. `source`: the notice it is taken
    from, so that anybody can look it up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: Annotated[int, Field(ge=2000, le=2100)]
    source: Annotated[str, Field(min_length=1)]
    holidays: tuple[tuple[date, date], ...] = ()
    working_weekends: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for first, last in self.holidays:
            if not timedelta() <= last - first < timedelta(days=31):
                raise ValueError(f"{first} to {last} is no stretch of holidays")
        for day in (*(one for stretch in self.holidays for one in stretch), *self.working_weekends):
            if not date(self.year - 1, 12, 1) <= day <= date(self.year, 12, 31):  # New Year may begin in December
                raise ValueError(f"{day} is not of {self.year}")
        for day in self.working_weekends:
            if day.weekday() < _SATURDAY or day in self.days_off:
                raise ValueError(f"{day} is no weekend day that can be worked")
        return self

    @property
    def days_off(self) -> frozenset[date]:
        return frozenset(
            first + timedelta(days=number) for first, last in self.holidays for number in range((last - first).days + 1)
        )


def parse_notice(text: str, name: str) -> HolidayNotice:
    """From YAML text; `name` is only for the message. Raises LessonProofError HOLIDAYS_INVALID."""
    try:
        return HolidayNotice.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError, ValueError) as error:
        what = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise LessonProofError(
            "HOLIDAYS_INVALID",
            zh=f"节假日安排 {name} 不正确:{what}",
            en=f"holiday notice {name}: {what}",
            where=name,
        ) from None


def load_notices(folder: Path) -> dict[int, HolidayNotice]:
    """Those of a county's own folder, one `*.yaml` a year. Raises HOLIDAYS_INVALID, also for two of one year."""
    found: dict[int, HolidayNotice] = {}
    for path in sorted(folder.glob("*.yaml")):
        notice = parse_notice(path.read_text(encoding="utf-8"), path.name)
        if notice.year in found:
            raise LessonProofError(
                "HOLIDAYS_INVALID",
                zh=f"{notice.year} 年的节假日安排有两份",
                en=f"there are two holiday notices for {notice.year}",
                where=path.name,
            )
        found[notice.year] = notice
    return found


def shipped_notices() -> dict[int, HolidayNotice]:
    folder = resources.files("config") / "holiday_notices"
    notices = (parse_notice(one.read_text(encoding="utf-8"), one.name) for one in folder.iterdir())
    return {one.year: one for one in notices}
