"""Camera acceptance (A-22): with a known number present, the count equals it in nearly all samples, at three times of
day; otherwise the camera may record, but its counts are for a person to review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

SHARE = Fraction(95, 100)  # of the samples of a session, A-22
TIMES_OF_DAY = 3
APART_MS = 2 * 3_600_000  # two sessions closer than this are the same light
SAMPLES_MIN = 20  # fewer say nothing about 95 %


@dataclass(frozen=True, slots=True)
class Session:
    """ms since 1970; `exact` of `samples` pictures gave the known number."""

    start_ms: int
    end_ms: int
    samples: int
    exact: int

    @property
    def good(self) -> bool:
        return self.samples >= SAMPLES_MIN and self.exact >= SHARE * self.samples


@dataclass(frozen=True, slots=True)
class Acceptance:
    """`times`: at how many times of day the count was right; `passed`: at enough."""

    times: int
    passed: bool


def accept(sessions: Sequence[Session]) -> Acceptance:
    """Right at enough times of day, and wrong at none. `sessions` in the order they were held: a clock that was once
    far ahead must not let one session speak for ever."""
    spoken = speaking(sessions)
    good = sum(session.good for session in spoken)
    return Acceptance(good, good >= TIMES_OF_DAY and good == len(spoken))


def speaking(sessions: Sequence[Session]) -> list[Session]:
    """The newest session of each time of day speaks, newest first: a camera that was moved is tried again, and one that
    got worse is not saved by an old success. Sessions at any clock time of any day, at least APART_MS apart round the
    clock."""
    spoken: list[Session] = []
    for session in reversed(sessions):
        if all(_apart(session, other) for other in spoken):
            spoken.append(session)
    return spoken


def _apart(one: Session, other: Session) -> bool:
    """Whether two sessions lie at different times of day."""
    day = 24 * 3_600_000
    between = (one.start_ms - other.start_ms) % day
    return min(between, day - between) >= APART_MS
