"""What moved in a picture, as 256 bits: pure arithmetic on small grey pictures, no files, no clock.

Every day in a classroom looks like every other: the walls win. So the room is taken away (each picture minus the
median of the minute around it) and only what is left, people where they were not on average, is described: the signs
of 256 sums over fixed patterns. The patterns are soft, so that a picture cropped or filmed off a screen gives nearly
the same signs. The rows where cameras burn in clock and name are left out.

Half of the patterns are the other half seen in a mirror. So the fingerprint of a mirrored picture is the same bits
with the halves changed, and asking for mirrored replays costs no second fingerprint.

A fingerprint is no picture: 256 signs say where something moved, too coarsely for a face or a person.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

BITS = 256
BYTES = BITS // 8
MEDIAN_MS = 60_000
STILL = 1.5
"""Least movement, in grey levels (root mean square over the small picture): sensor noise is below it, people are above
(docs/replay.md)."""

_WIDE, _HIGH, _MASKED = 48, 27, 3
_SOFT = 3.0  # standard deviation of the patterns' blur, in points of the small picture
_FEWEST = 3  # pictures a median is taken of
_SEED = 20261125  # another one makes fingerprints that cannot be compared with these

Small = NDArray[np.uint8]
"""uint8[27, 48], grey."""
Prints = NDArray[np.uint8]
"""uint8[n, 32]: one fingerprint a row."""


def small(picture: NDArray[np.uint8]) -> Small:
    """`picture`: uint8[H, W] grey or uint8[H, W, 3] BGR, of any size."""
    tiny = cv2.resize(picture, (_WIDE, _HIGH), interpolation=cv2.INTER_AREA)
    return np.asarray(tiny if tiny.ndim == 2 else cv2.cvtColor(tiny, cv2.COLOR_BGR2GRAY), np.uint8)


def fingerprints(pictures: NDArray[np.uint8], at_ms: NDArray[np.int64]) -> tuple[Prints, NDArray[np.bool_]]:
    """`pictures`: uint8[n, 27, 48], taken at `at_ms`, in order of time. One fingerprint each, and whether anything
    moved in it: where nothing did, the fingerprint says nothing."""
    rows = pictures[:, _MASKED:-_MASKED].reshape(len(pictures), (_HIGH - 2 * _MASKED) * _WIDE)
    first = np.searchsorted(at_ms, at_ms - MEDIAN_MS // 2, side="left")
    last = np.searchsorted(at_ms, at_ms + MEDIAN_MS // 2, side="right")
    prints, moved = np.zeros((len(rows), BYTES), np.uint8), np.zeros(len(rows), bool)
    for number, row in enumerate(rows):
        around = rows[first[number] : last[number]]
        if len(around) < _FEWEST:
            continue
        residual = row.astype(np.float32) - np.partition(around, len(around) // 2, axis=0)[len(around) // 2]
        residual -= residual.mean()  # a cloud before the sun is no movement
        moved[number] = np.sqrt(np.mean(residual * residual)) >= STILL
        prints[number] = np.packbits(_patterns() @ residual > 0)
    return prints, moved


def mirrored(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """`words`: uint64[n, 4], fingerprints. Those that the same pictures would have in a mirror."""
    return np.roll(words, words.shape[1] // 2, axis=1)


@cache
def _patterns() -> NDArray[np.float32]:
    """float32[256, points]: 128 soft random patterns, then their mirror images."""
    rough = np.random.default_rng(_SEED).standard_normal((BITS // 2, _HIGH - 2 * _MASKED, _WIDE))
    soft = np.stack([cv2.GaussianBlur(one.astype(np.float32), (0, 0), _SOFT) for one in rough])
    both = np.concatenate([soft, soft[:, :, ::-1]]).reshape(BITS, -1)
    return np.asarray(both - both.mean(axis=1, keepdims=True), np.float32)
