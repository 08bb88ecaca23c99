"""Time as a thing that is passed in, never reached for.

`Clock` is the only place of the product that asks the operating system what time it is; everything else takes one,
so that a test can run a term in a second and a rule can be recomputed years later.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
"""The one time zone the rules think in (GB/T 7408; no daylight saving)."""


class Clock(Protocol):
    """Wall time for people and records, monotonic time for durations and time limits."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps; only differences mean anything."""

    def sleep(self, seconds: float) -> None:
        """Wait at least `seconds` of monotonic time."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to, for tests: `sleep` moves it, `step` jumps wall time alone."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("ManualClock needs an aware datetime")
        self._now = start.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def step(self, seconds: float) -> None:
        """Change wall time without any time passing, as a wrong NTP server or a flat battery does."""
        self._now += timedelta(seconds=seconds)


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970-01-01 UTC; refuses a naive time rather than guess its zone."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return round(at.timestamp() * 1000)


def from_epoch_ms(ms: int) -> datetime:
    """The inverse of `epoch_ms`: aware, UTC, exact to the millisecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
