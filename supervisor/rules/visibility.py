"""Visibility: how many people a window shows, and in how many of its parts everybody (county plan 五(二); A-17, A-18,
Q7).

The *series* of a window is looked at every second (`LOOK_EVERY_MS`, A-18: ± 1 s). At each such instant

- a camera says the count of its nearest sample, if that sample is at most half of `sample_every_s` away (so a sample
  speaks for one sampling step, never for more) and the camera was recording countable media at that instant;
- that count is of the people in their places (`Seated`), where somebody kept account of places with enough confidence;
  otherwise of this very picture; smoothed either way;
- a zone is the largest count of its cameras: they look at the same seats;
- the room is the sum of its zones; where the profile says so the whole room is one zone. A zone that says nothing
  counts as nobody; when no zone says anything the instant is unknown, and unknown is neither everybody nor nobody.

Looking more often than sampling costs nothing and avoids a trap: key frames come in their own rhythm, and a grid as
coarse as the sampling step would see two samples in one step and none in the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from config.profile import RegionProfile, VisibleRules
from supervisor.rules.continuity import counted_media, whole_ms
from supervisor.rules.evidence import CameraEvidence
from supervisor.rules.verdict import Window

Ints = npt.NDArray[np.int64]

LOOK_EVERY_MS = 1000
_SILENT = -1  # a camera, zone or room that says nothing at this instant
_WINDOWS_AT_ONCE = 1024  # bounds the memory a very long lesson hour takes


@dataclass(frozen=True, slots=True)
class Visible:
    """What one window shows. `peak`, `median`, `raw_peak`, `raw_median` are None when the whole window is unknown,
    `confidence` (0..1, at the median) also when nobody kept account of places."""

    moments: int
    peak: int | None
    median: float | None
    raw_peak: int | None
    raw_median: float | None
    confidence: float | None
    known: int  # instants with a count
    instants: int
    samples: int  # the same two, in sampling steps: what a person reads
    samples_expected: int

    def sampled_at_least(self, share: float) -> bool:
        return self.known >= share * self.instants


@dataclass(frozen=True, slots=True, eq=False)
class CameraCounts:
    """One camera's samples inside its countable media, in order of time; int64[samples], int64[pieces] ms.

    `believed`: the count that speaks; `sure`: its confidence, in thousandths of a person.
    """

    zone: str
    piece_starts: Ints
    piece_ends: Ints
    at: Ints
    believed: Ints
    raw: Ints
    sure: Ints
    places: bool  # somebody kept account of places

    def say(self, instants: Ints, step_ms: int) -> tuple[Ints, Ints, Ints]:
        """Believed count, raw count and `sure` at each instant, `_SILENT` where this camera says nothing; shaped like
        `instants`."""
        if not len(self.at):
            silent = np.full_like(instants, _SILENT)
            return silent, silent, silent
        after = np.searchsorted(self.at, instants)
        before = np.maximum(after - 1, 0)
        after = np.minimum(after, len(self.at) - 1)
        nearest = np.where(instants - self.at[before] < self.at[after] - instants, before, after)
        away = 2 * (instants - self.at[nearest])
        piece = np.maximum(np.searchsorted(self.piece_starts, instants, side="right") - 1, 0)
        recording = (instants >= self.piece_starts[piece]) & (instants < self.piece_ends[piece])
        heard = recording & (away >= -step_ms) & (away < step_ms)
        believed, raw, sure = (np.where(heard, said[nearest], _SILENT) for said in (self.believed, self.raw, self.sure))
        return believed, raw, sure


def camera_counts(
    camera: CameraEvidence, duration_ms: int, profile: RegionProfile, *, places: bool = True
) -> CameraCounts:
    """The camera's samples made ready. Samples outside its countable media (a frozen picture, say) do not count.

    Two samples of the same instant are one: the larger. Smoothing never reaches across a gap too long to be joined.
    Without `places`, or a profile that says how they are read, single pictures speak alone.
    """
    rules = profile.vision if places else None
    zone = "" if rules is not None and rules.fuse == "room" else camera.zone
    media = counted_media(camera, duration_ms)
    starts, ends = _ints(piece.start_ms for piece in media), _ints(piece.end_ms for piece in media)
    largest: dict[int, int] = {}
    for sample in camera.samples:
        if 0 <= sample.at_ms < duration_ms:
            largest[sample.at_ms] = max(sample.count, largest.get(sample.at_ms, 0))
    at = _ints(sorted(largest))
    raw = _ints(largest[moment] for moment in sorted(largest))
    if len(media):
        piece = np.searchsorted(starts, at, side="right") - 1
        inside = (piece >= 0) & (at < ends[np.maximum(piece, 0)])
        at, raw, piece = at[inside], raw[inside], piece[inside]
        far = np.flatnonzero(starts[1:] - ends[:-1] > whole_ms(profile.lesson.max_join_gap_s)) + 1
        breaks = np.searchsorted(piece, far)  # first sample of each piece behind a long gap
        told = camera.seated if rules is not None else ()
        seated = {one.at_ms: one for one in told if rules is not None and one.confidence >= rules.confidence_min}
        kept = [seated.get(int(moment)) for moment in at]
        said = _ints(int(count) if one is None else one.count for one, count in zip(kept, raw, strict=True))
        believed = np.concatenate([smooth(part, profile.visible.smooth_samples) for part in np.split(said, breaks)])
        sure = _ints(
            round(1000 * int(count) * (1.0 if one is None else one.confidence))
            for one, count in zip(kept, believed, strict=True)
        )
        return CameraCounts(zone, starts, ends, at, believed, raw, sure, bool(seated))
    nothing = _ints(())
    return CameraCounts(zone, starts, ends, nothing, nothing, nothing, nothing, False)


def smooth(counts: Ints, samples: int) -> Ints:
    """Rolling median over an odd number of `samples`, centred; at the ends over as many as there are on both sides."""
    result = counts.copy()
    for half in range(1, samples // 2 + 1):
        width = 2 * half + 1
        if len(counts) < width:
            break
        middles = np.sort(np.lib.stride_tricks.sliding_window_view(counts, width), axis=1)[:, half]
        result[half : len(counts) - half] = middles
    return result


def look(
    windows: Sequence[Window], cameras: Sequence[CameraCounts], rules: VisibleRules, required: int | None
) -> list[Visible]:
    """What each window shows, in the same order. Without `required` (unknown, or nobody) there are no moments."""
    return [
        visible
        for first in range(0, len(windows), _WINDOWS_AT_ONCE)
        for visible in _look(windows[first : first + _WINDOWS_AT_ONCE], cameras, rules, required)
    ]


def _look(
    windows: Sequence[Window], cameras: Sequence[CameraCounts], rules: VisibleRules, required: int | None
) -> Iterator[Visible]:
    step_ms = whole_ms(rules.sample_every_s)
    every_ms = min(LOOK_EVERY_MS, step_ms)
    starts = _ints(window.start_ms for window in windows)[:, None]
    spans = _ints(window.end_ms - window.start_ms for window in windows)[:, None]
    looks = -(-spans // every_ms)  # instants of each window, rounded up
    index = np.arange(int(looks.max()), dtype=np.int64)[None, :]
    room = _room(cameras, starts + index * every_ms, step_ms)
    series, raw, sure = (np.where(index < looks, said, _SILENT) for said in room)
    places = any(camera.places for camera in cameras)
    moments = _moments(series, index * rules.moments // looks, every_ms, rules, required)
    known = (series >= 0).sum(axis=1)
    ordered, raw, certain = np.sort(series, axis=1), np.sort(raw, axis=1), np.sort(_certain(series, sure), axis=1)
    for row, window in enumerate(windows):
        count, instants = int(known[row]), int(looks[row, 0])
        expected = ceil((window.end_ms - window.start_ms) / step_ms)
        yield Visible(
            moments=int(moments[row]),
            peak=int(ordered[row, -1]) if count else None,
            median=_median(ordered[row], count),
            raw_peak=int(raw[row, -1]) if count else None,
            raw_median=_median(raw[row], count),
            confidence=int(certain[row, -1 - count // 2]) / 1000 if count and places else None,
            known=count,
            instants=instants,
            samples=expected * count // instants,
            samples_expected=expected,
        )


def _median(ordered: Ints, count: int) -> float | None:
    """Of the last `count` of a series in order; the silent ones are first."""
    if not count:
        return None
    heard = ordered[len(ordered) - count :]
    return (int(heard[(count - 1) // 2]) + int(heard[count // 2])) / 2


def _certain(series: Ints, sure: Ints) -> Ints:
    """In thousandths, how certain each instant's count is: 1000 where single pictures spoke, or nobody is there."""
    share = np.where(series > 0, sure // np.maximum(series, 1), 1000)
    result: Ints = np.where(series >= 0, np.minimum(share, 1000), _SILENT)
    return result


def _room(cameras: Sequence[CameraCounts], instants: Ints, step_ms: int) -> tuple[Ints, Ints, Ints]:
    """Believed and raw series, and how sure the first is: the largest count in each zone, zones summed."""
    zones: dict[str, tuple[Ints, Ints, Ints]] = {}
    for camera in cameras:
        believed, raw, sure = camera.say(instants, step_ms)
        if camera.zone in zones:
            most, most_raw, most_sure = zones[camera.zone]
            sure = np.where(believed > most, sure, most_sure)
            believed, raw = np.maximum(most, believed), np.maximum(most_raw, raw)
        zones[camera.zone] = believed, raw, sure
    silent = np.full_like(instants, _SILENT)
    room = [_sum([zone[which] for zone in zones.values()], silent) for which in range(3)]
    return room[0], room[1], room[2]


def _sum(zones: Sequence[Ints], silent: Ints) -> Ints:
    if not zones:
        return silent
    together = np.stack(zones)
    total: Ints = np.where((together >= 0).any(axis=0), np.maximum(together, 0).sum(axis=0), silent)
    return total


def _moments(series: Ints, part: Ints, every_ms: int, rules: VisibleRules, required: int | None) -> Ints:
    """In how many of the window's `moments` equal parts everybody shows for `moment_s`, not necessarily in one go."""
    if not required:
        return np.zeros(len(series), dtype=np.int64)
    everybody = series >= required
    need_ms = max(whole_ms(rules.moment_s), 1)
    reached = [((everybody & (part == each)).sum(axis=1) * every_ms >= need_ms) for each in range(rules.moments)]
    count: Ints = np.stack(reached).sum(axis=0, dtype=np.int64)
    return count


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)
