"""What can be wrong with a picture, and how conditions of single pictures become spans of time: pure, no pictures.

A span says what is proven: it begins with the first picture that shows the condition and ends with the first one after
it that does not, or with the last one seen before pictures stopped. One picture between two others does not end it,
nor does one alone make it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Condition(StrEnum):
    BLACK = "black"  # no light
    COVERED = "covered"  # something over the lens: nothing can be told apart
    BLURRED = "blurred"  # out of focus
    FROZEN = "frozen"  # the same picture as before, although time went on
    MOVED = "moved"  # the camera looks elsewhere than in its reference
    OVEREXPOSED = "overexposed"  # large parts white
    OVERLAY_MISSING = "overlay_missing"  # the burnt-in clock is not where it was


@dataclass(frozen=True, slots=True)
class Lasting:
    """From when on a condition counts: seen for at least `min_ms`, in at least `min_samples` pictures."""

    min_ms: int
    min_samples: int = 2
    since_before: bool = False  # it is a comparison with the picture before, and so began there


LASTING: Mapping[Condition, Lasting] = {
    Condition.BLACK: Lasting(0),
    Condition.COVERED: Lasting(0),
    Condition.BLURRED: Lasting(10_000, 3),
    Condition.FROZEN: Lasting(10_000, 1, since_before=True),
    Condition.MOVED: Lasting(10_000, 3),
    Condition.OVEREXPOSED: Lasting(10_000, 3),
    Condition.OVERLAY_MISSING: Lasting(10_000, 3),
}
LONGEST_GAP_MS = 60_000
"""Pictures further apart say nothing about the time between."""

Sample = tuple[int, Collection[Condition]]
"""(at_ms, what was wrong then)."""


@dataclass(frozen=True, slots=True, order=True)
class ConditionSpan:
    """[start_ms, end_ms)."""

    start_ms: int
    end_ms: int
    condition: Condition


def spans(
    samples: Iterable[Sample],
    lasting: Mapping[Condition, Lasting] = LASTING,
    longest_gap_ms: int = LONGEST_GAP_MS,
) -> list[ConditionSpan]:
    """In order of start. `samples` in order of time, no two at the same time (ValueError); any rhythm. Conditions that
    `lasting` does not name are passed over."""
    ordered = list(samples)
    if any(later[0] <= before[0] for before, later in pairwise(ordered)):
        raise ValueError("samples are not in order of time")
    found: list[ConditionSpan] = []
    for stretch in _stretches(ordered, longest_gap_ms):
        for condition, needed in lasting.items():
            for first, last in _runs([condition in conditions for _, conditions in stretch]):
                start = max(first - 1, 0) if needed.since_before else first
                proven_ms = stretch[last][0] - stretch[start][0]
                seen = sum(condition in conditions for _, conditions in stretch[first : last + 1])
                end_ms = stretch[min(last + 1, len(stretch) - 1)][0]
                if proven_ms >= needed.min_ms and seen >= needed.min_samples and end_ms > stretch[start][0]:
                    found.append(ConditionSpan(stretch[start][0], end_ms, condition))
    return sorted(found)


def _stretches(samples: Sequence[Sample], longest_gap_ms: int) -> list[Sequence[Sample]]:
    """Samples without a gap between them."""
    cuts = [n for n in range(1, len(samples)) if samples[n][0] - samples[n - 1][0] > longest_gap_ms]
    return [samples[start:end] for start, end in pairwise([0, *cuts, len(samples)]) if start < end]


def _runs(shown: Sequence[bool]) -> list[tuple[int, int]]:
    """First and last index of each run of what is shown; one that is not, between two that are, is bridged."""
    runs: list[tuple[int, int]] = []
    for number in (number for number, is_shown in enumerate(shown) if is_shown):
        if runs and number - runs[-1][1] <= 2:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
