"""Whether a class was effectively supervised from afar, so that nobody need drive there (A-26)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from config.profile import PatrolRules

RULE_VERSION = "remote_effective/1"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the countable lesson hours over by then. Milliseconds; trainee hours without approved leave. `open_alerts`:
    alarms of its lesson hours that nobody closed, and lesson hours proposed to fail."""

    planned_ms: int
    filmed_ms: int
    expected_check_ins: int
    check_ins: int
    patrols: int
    open_alerts: int


def filmed_ms(spans: Iterable[tuple[int, int]], length_ms: int) -> int:
    """Length of the union of [start, end) spans inside [0, length_ms): two cameras at once count once."""
    total = end = 0
    for start, stop in sorted(spans):
        start, stop = max(start, end), min(stop, length_ms)
        if stop > start:
            total, end = total + stop - start, stop
    return total


@dataclass(frozen=True, slots=True)
class Conditions:
    """What has to hold, each by itself."""

    filmed: bool
    checked_in: bool
    patrolled: bool
    no_alerts: bool


def conditions(figures: Figures, rules: PatrolRules) -> Conditions:
    """Nothing holds of nothing: when nothing was planned, nothing was supervised."""
    return Conditions(
        filmed=figures.planned_ms > 0 and figures.filmed_ms >= rules.camera_coverage * figures.planned_ms,
        checked_in=figures.expected_check_ins > 0
        and figures.check_ins >= rules.check_in_coverage * figures.expected_check_ins,
        patrolled=figures.patrols >= rules.patrols,
        no_alerts=figures.open_alerts == 0,
    )


def remote_effective(figures: Figures, rules: PatrolRules) -> bool:
    met = conditions(figures, rules)
    return met.filmed and met.checked_in and met.patrolled and met.no_alerts
