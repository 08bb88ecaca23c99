"""Days that offices count: the yearly holiday notice, calendar months, the two time limits of a claim (B-06, B-07)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from config.profile import PaymentRules, PublicityRules

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Monday to Friday, but for what the State Council's holiday notice (节假日安排) changes."""

    holidays: frozenset[date]  # weekdays off
    working_weekends: frozenset[date]  # weekend days worked in exchange (调休)

    def works(self, day: date) -> bool:
        return day in self.working_weekends or (day.weekday() < _SATURDAY and day not in self.holidays)

    def after(self, day: date, working_days: int) -> date:
        """The n-th working day after `day`, which itself is not counted; `day` when n is 0."""
        while working_days > 0:
            day += timedelta(days=1)
            working_days -= self.works(day)
        return day


WEEKDAYS = WorkingCalendar(holidays=frozenset(), working_weekends=frozenset())
"""Monday to Friday: what counts where the yearly holiday notice is not known."""


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def publicity_end(posted: date, calendar: WorkingCalendar, rules: PublicityRules) -> date:
    """B-06: the notice may not end before 24:00 of this day, the last of its full working days."""
    return calendar.after(posted, rules.working_days)


def payment_due(received: date, rules: PaymentRules) -> date:
    """B-07: the last day on which a complete application received on `received` is paid in time."""
    return add_months(received, rules.months)
