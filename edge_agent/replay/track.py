"""One camera during one lesson hour, described: fingerprints of its key frames, digests of its groups of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from edge_agent.replay.fingerprint import BYTES, Prints

RAREST_MS = 2500
"""Key frames may come this seldom (median): beyond it a replay can fall so far between the key frames of what it
repeats that the two no longer look alike (docs/replay.md)."""
NEAR_MS = 1500
"""A second without a picture is described by one this near."""
LEAST_DESCRIBED = 0.5
"""Of the recorded seconds, so many must have a fingerprint, or the camera was not checked."""


@dataclass(frozen=True, slots=True)
class Track:
    """[start_ms, end_ms): the lesson hour, wall time. `at_ms`: int64[n], the pictures' wall times, rising; `prints`:
    uint8[n, 32]; `moved`: bool[n], whether the fingerprint says anything. `group_ms`: int64[k], wall times of whole
    groups of pictures, rising; `groups`: uint64[k], the first 64 bits of the SHA-256 of their media bytes."""

    lesson_hour_id: UUID
    camera_id: UUID
    start_ms: int
    end_ms: int
    at_ms: NDArray[np.int64]
    prints: Prints
    moved: NDArray[np.bool_]
    group_ms: NDArray[np.int64]
    groups: NDArray[np.uint64]

    @property
    def pictures(self) -> int:
        return len(self.at_ms)

    @property
    def step_ms(self) -> int | None:
        """Between key frames, as a rule; None: fewer than two."""
        return round(float(np.median(np.diff(self.at_ms)))) if len(self.at_ms) > 1 else None

    @property
    def described_ms(self) -> int:
        """How much of the lesson hour has fingerprints."""
        return int(self.by_second()[1].sum()) * 1000

    @property
    def seen_ms(self) -> int:
        """How much of it has pictures at all."""
        return int(self._nearest()[1].sum()) * 1000

    def by_second(self) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """The fingerprint of each second of the lesson hour, uint64[seconds, 4], and whether there is one."""
        nearest, near = self._nearest()
        if not len(self.at_ms):
            return np.zeros((len(near), BYTES // 8), np.uint64), near
        return self.prints[nearest].view(np.uint64), near & self.moved[nearest]

    def _nearest(self) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        seconds = self.start_ms + 1000 * np.arange((self.end_ms - self.start_ms) // 1000)
        if not len(self.at_ms):
            return np.zeros(len(seconds), np.intp), np.zeros(len(seconds), bool)
        after = np.searchsorted(self.at_ms, seconds).clip(0, len(self.at_ms) - 1)
        before = (after - 1).clip(0)
        closer = np.abs(self.at_ms[before] - seconds) < np.abs(self.at_ms[after] - seconds)
        nearest = np.where(closer, before, after)
        return nearest, np.abs(self.at_ms[nearest] - seconds) <= NEAR_MS
