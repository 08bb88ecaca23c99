"""A camera picture made small and grey, and what is measured on it: pure arithmetic, no state, no thresholds of rules.

A picture is shrunk once to `FINE_PX` on its long side, whatever its size, so that the measures of a 4K camera and of a
720p camera mean the same; a smaller one stays as it is. The rows where cameras burn in clock and name are left out of
all measures: they tick behind a frozen picture, and stay sharp on a covered lens.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge_agent.vision.counter import Image, check_picture

FINE_PX, SMALL_PX = 960, 160
TILE_PX = 16  # in the fine picture
STRIP = 0.15  # of the height, at the top and at the bottom: where clock and name are burnt in
CLIPPED = 250  # grey level from which a point is called white
_STRUCTURED = 5.0  # standard deviation of a tile, grey levels: sensor noise is below it
_NOISE = np.uint8(10)  # grey levels: a smaller step is no edge
STROKE = 110  # grey levels between a burnt-in letter and what it stands on
_CHANGED_RANK = 4  # the fourth most changed tile: a clock outside the strips changes three
_STILL_PERCENT = 20
_FLAT, _DARK = 0.3, 8.0  # grey levels

Grey = NDArray[np.uint8]
"""uint8[H, W]."""


@dataclass(frozen=True, slots=True)
class Views:
    fine: Grey  # at most 960 on its long side
    small: Grey  # at most 160 on its long side

    @property
    def inner(self) -> Grey:
        """The fine picture without the strips, whole tiles only."""
        return _inner(self.fine)


@dataclass(frozen=True, slots=True)
class Tiles:
    """Of an inner picture, one number a tile, grey levels: float64[rows, columns]."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @property
    def structure(self) -> float:
        """Share of tiles (0..1) in which anything can be told apart."""
        return float(np.mean(self.deviation > _STRUCTURED))

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Tiles that a sensor made and that are neither black nor white: noise would show there. A privacy mask, a bar
        beside the picture and an overexposed window are not."""
        return np.asarray((self.deviation > _FLAT) & (self.mean > _DARK) & (self.mean < CLIPPED - _DARK))


@dataclass(frozen=True, slots=True)
class Change:
    """Between two pictures, in grey levels: how much the fourth most changed tile differs; and the least changed fifth
    of the tiles that are alive, None when these are too few. Movement is in the first, sensor noise in the second."""

    moved: float
    grain: float | None


def views(image: Image) -> Views:
    """Raises LessonProofError PICTURE_UNUSABLE."""
    check_picture(image)
    fine = np.asarray(cv2.cvtColor(_shrunk(image, FINE_PX), cv2.COLOR_BGR2GRAY), np.uint8)
    return Views(fine, _shrunk(_shrunk(fine, FINE_PX // 2), SMALL_PX))  # in two steps: the first is cheap


def tiles(inner: Grey) -> Tiles:
    sums, squares = cv2.integral2(inner)
    mean = _tile_means(sums)
    return Tiles(mean, np.sqrt(np.maximum(_tile_means(squares) - mean * mean, 0)))


def sharpness(inner: Grey) -> float:
    """How much of a grey step happens within 2 points, against 12 points: about 0.4 in focus, whatever the room, 0.2
    blurred by 4 px of 1080p, towards 0 beyond. No unit. 0 where there is no edge at all."""
    return _steps(inner, 2) / max(_steps(inner, 12), 1.0)


def brightest(small: Grey) -> float:
    """The grey level that 5 % of the points reach."""
    return float(np.partition(small, small.size * 95 // 100, axis=None)[small.size * 95 // 100])


def white(inner: Grey) -> float:
    """Share of points (0..1) that are white."""
    return float(np.count_nonzero(inner >= CLIPPED)) / inner.size


def change(before: Grey, after: Grey, alive: NDArray[np.bool_]) -> Change:
    """Both inner pictures of the same size; `alive`: `Tiles.alive` of the later one."""
    changed = _tile_means(cv2.integral(cv2.absdiff(before, after)))
    moved = np.sort(changed, axis=None)[-_CHANGED_RANK:][0]
    noisy = changed[alive]
    enough = noisy.size * 100 >= changed.size * _STILL_PERCENT
    return Change(float(moved), float(np.percentile(noisy, _STILL_PERCENT)) if enough else None)


def strokes(fine: Grey) -> NDArray[np.bool_]:
    """Where black and white meet within a point or two, as only burnt-in letters do: bool[H, W]."""
    span = cv2.morphologyEx(fine, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return np.asarray(span >= STROKE)


def _inner(fine: Grey) -> Grey:
    height, width = fine.shape
    strip = round(height * STRIP)
    high, wide = (height - 2 * strip) // TILE_PX * TILE_PX, width // TILE_PX * TILE_PX
    return fine[strip : strip + high, :wide]


def _tile_means(integral: ArrayLike) -> NDArray[np.float64]:
    """Out of an integral image: its differences at the tiles' corners."""
    corners = np.asarray(integral)[::TILE_PX, ::TILE_PX].astype(np.float64)
    return np.diff(np.diff(corners, axis=0), axis=1) / TILE_PX**2


def _steps(grey: Grey, points: int) -> float:
    """Root of the summed squares of the grey steps along rows, without what noise makes."""
    step = cv2.absdiff(grey[:, points:], grey[:, :-points])
    return float(cv2.norm(np.maximum(step, _NOISE) - _NOISE, cv2.NORM_L2))


def _shrunk(picture: NDArray[np.uint8], long_px: int) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    scale = min(1.0, long_px / max(height, width))
    if scale == 1:
        return picture
    size = (max(2 * TILE_PX, round(width * scale)), max(2 * TILE_PX, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
