"""Waiting longer after each failure, at random, so that all sites do not come back at the same moment."""

from __future__ import annotations

import random


class BackOff:
    """Full jitter: a wait drawn from 0 … min(longest, first * 2^failures), never below `least_s`."""

    def __init__(
        self, first_s: float, longest_s: float, *, least_s: float = 0.2, rng: random.Random | None = None
    ) -> None:
        self._first = first_s
        self._longest = longest_s
        self._least = least_s
        self._rng = rng or random.Random()
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait now, after one more failure."""
        ceiling = min(self._longest, self._first * 2 ** min(self._failures, 30))
        self._failures += 1
        return max(self._least, self._rng.uniform(0, ceiling))

    def succeeded(self) -> None:
        self._failures = 0
