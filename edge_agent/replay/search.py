"""Where one recording looks like another, or like an earlier part of itself: pure, one pair at a time.

Fingerprints are compared second by second in windows of two minutes, at every possible shift; a second that nobody can
describe counts as unlike. Groups of pictures whose bytes are the same need no likeness. The thresholds are part of the
detector: a finding names its version (`DETECTOR`), and they change only with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_agent.replay.fingerprint import BITS, mirrored
from edge_agent.replay.track import Track
from supervisor.rules.evidence import ReplayKind

DETECTOR = "replay/1"
THRESHOLD = 0.18
"""Share of bits that differ, mean of a window: between the largest of replays and the smallest of honest other days,
both drawn (docs/replay.md)."""
LOOP_LEAST_S = 20
"""Nearer than this a picture looks like itself because people sit still."""
EXACT_LEAST_S, EXACT_LEAST_GROUPS = 10, 3
"""A picture that stands still repeats one group over and over: that is no replay."""

_STEP_S, _BLOCK_S, WINDOW_S = 2, 10, 120
_UNLIKE = BITS // 2
_DRIFT_S = 6  # a shift may change this much from one window to the next: played a little faster or slower
_HOLE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Match:
    """[start_ms, end_ms) of one track looks like [twin_start_ms, twin_end_ms) of another, wall time."""

    kind: ReplayKind
    start_ms: int
    end_ms: int
    twin_start_ms: int
    twin_end_ms: int
    distance: float  # 0 … 1; 0 for the very same bytes


@dataclass(frozen=True, slots=True)
class Compared:
    """`nearest`: the smallest distance of any window, whether or not it is a match; 1: no window could be compared."""

    matches: list[Match]
    nearest: float


def within(track: Track) -> Compared:
    """Loops inside one lesson hour."""
    exact, alike = _exact(track, track, LOOP_LEAST_S * 1000), _alike(track, track, ReplayKind.LOOP, LOOP_LEAST_S)
    return Compared(exact + alike.matches, alike.nearest)


def between(track: Track, other: Track) -> Compared:
    """What of `track` repeats `other`. The same camera at the same moment, as two lesson hours in one room have it, is
    no repetition."""
    lag_s = LOOP_LEAST_S if track.camera_id == other.camera_id else None
    exact = _exact(track, other, None if lag_s is None else lag_s * 1000)
    plain, mirrored = (_alike(track, other, kind, lag_s) for kind in (ReplayKind.SAME_VIEW, ReplayKind.MIRRORED))
    return Compared(exact + plain.matches + mirrored.matches, min(plain.nearest, mirrored.nearest))


def clearest(matches: Iterable[Match], limit: int = 8) -> list[Match]:
    """None that overlaps a more alike one, the same bytes before all; in order of time."""
    kept: list[Match] = []
    for match in sorted(matches, key=lambda one: (one.kind is not ReplayKind.EXACT, one.distance, one.start_ms)):
        if len(kept) < limit and all(match.end_ms <= one.start_ms or match.start_ms >= one.end_ms for one in kept):
            kept.append(match)
    return sorted(kept, key=lambda one: one.start_ms)


def _alike(track: Track, other: Track, kind: ReplayKind, least_lag_s: int | None) -> Compared:
    """`least_lag_s`: only what was at least so much earlier; None: at any time."""
    own, described = track.by_second()
    twin, twin_described = other.by_second()
    if kind is ReplayKind.MIRRORED:
        twin = mirrored(twin)
    if min(len(own), len(twin)) < WINDOW_S:
        return Compared([], 1.0)
    distances = _windows(own, described, twin, twin_described)
    shifts = np.arange(distances.shape[1]) - len(own)  # second of the other minus second of this one
    if least_lag_s is not None:
        distances[:, (track.start_ms - other.start_ms) / 1000 - shifts < least_lag_s] = 1
    best = _last_round(distances) if kind is ReplayKind.LOOP else np.argmin(distances, axis=1)
    nearest = distances[np.arange(len(best)), best]
    runs: list[list[int]] = []
    for window in np.flatnonzero(nearest <= THRESHOLD).tolist():
        last = runs[-1][-1] if runs else None
        if last is None or (window - last) * _BLOCK_S > WINDOW_S or abs(best[window] - best[last]) > _DRIFT_S:
            runs.append([])
        runs[-1].append(window)
    found = []
    for run in runs:
        own_s = run[0] * _BLOCK_S, run[-1] * _BLOCK_S + WINDOW_S
        twin_s = own_s[0] + int(shifts[best[run[0]]]), own_s[1] + int(shifts[best[run[-1]]])
        found.append(_match(kind, track, other, own_s, twin_s, float(nearest[run].mean())))
    return Compared(found, round(float(nearest.min()), 4))


def _last_round(distances: NDArray[np.float32]) -> NDArray[np.intp]:
    """Of all the rounds of a loop the one just before, where any is like it; otherwise the most alike."""
    best = np.asarray(np.argmin(distances, axis=1))
    for window in np.flatnonzero(distances.min(axis=1) <= THRESHOLD):
        latest = int(np.flatnonzero(distances[window] <= THRESHOLD)[-1])
        around = distances[window, max(latest - _DRIFT_S, 0) : latest + 1]
        best[window] = latest + 1 - len(around) + int(np.argmin(around))
    return best


def _match(
    kind: ReplayKind, track: Track, other: Track, own_s: tuple[int, int], twin_s: tuple[int, int], distance: float
) -> Match:
    early = max(-twin_s[0], 0)  # a window may reach over the twin's ends
    late = max(twin_s[1] - (other.end_ms - other.start_ms) // 1000, 0)
    own = [track.start_ms + 1000 * second for second in (own_s[0] + early, own_s[1] - late)]
    twin = [other.start_ms + 1000 * second for second in (twin_s[0] + early, twin_s[1] - late)]
    return Match(kind, own[0], own[1], twin[0], twin[1], round(distance, 4))


def _windows(
    own: NDArray[np.uint64], described: NDArray[np.bool_], twin: NDArray[np.uint64], twin_described: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Mean distance of the window that begins with each block, at each shift from -len(own) on: float32[windows,
    shifts]. Every second second of `own` is asked for, at every second of `twin`."""
    blocks = len(own) // _BLOCK_S
    sums = np.zeros((blocks + 1, len(own) + len(twin)), np.int32)  # above "unlike": what lies outside is unlike
    words = np.ascontiguousarray(twin.T)
    for second in range(0, blocks * _BLOCK_S, _STEP_S):
        if described[second]:
            differing = np.bitwise_count(words ^ own[second][:, None]).sum(axis=0, dtype=np.int32) - _UNLIKE
            at = len(own) - second
            sums[second // _BLOCK_S + 1, at : at + len(twin)] += np.where(twin_described, differing, 0)
    total = np.cumsum(sums, axis=0, dtype=np.int32)
    wide = WINDOW_S // _BLOCK_S
    mean = (total[wide:] - total[:-wide]) / (WINDOW_S // _STEP_S)
    return np.asarray((mean + _UNLIKE) / BITS, np.float32)


def _exact(track: Track, other: Track, least_lag_ms: int | None) -> list[Match]:
    """Runs of groups whose bytes stand in the other track in the same order."""
    places: dict[int, list[int]] = {}
    for at_ms, group in zip(other.group_ms.tolist(), other.groups.tolist(), strict=True):
        places.setdefault(group, []).append(at_ms)
    run: list[tuple[int, int, int]] = []  # (own time, twin's time, group)
    found: list[Match] = []
    for at_ms, group in zip(track.group_ms.tolist(), track.groups.tolist(), strict=True):
        there = [one for one in places.get(group, ()) if least_lag_ms is None or at_ms - one >= least_lag_ms]
        if not there:
            continue
        if run:
            wanted = at_ms - (run[-1][0] - run[-1][1])
            twin_ms = min(there, key=lambda one: abs(one - wanted))
            if at_ms - run[-1][0] > _HOLE_MS or abs(twin_ms - wanted) > _DRIFT_S * 1000:
                found += _exact_run(run)
                run, twin_ms = [], there[-1]
        else:
            twin_ms = there[-1]
        run.append((at_ms, twin_ms, group))
    return found + _exact_run(run)


def _exact_run(run: list[tuple[int, int, int]]) -> list[Match]:
    if len({group for _, _, group in run}) < EXACT_LEAST_GROUPS or run[-1][0] - run[0][0] < EXACT_LEAST_S * 1000:
        return []
    step_ms = (run[-1][0] - run[0][0]) // (len(run) - 1)
    return [Match(ReplayKind.EXACT, run[0][0], run[-1][0] + step_ms, run[0][1], run[-1][1] + step_ms, 0.0)]
