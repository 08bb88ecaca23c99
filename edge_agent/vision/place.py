"""Whether the camera still looks where it looked: the small picture compared with an earlier one, tile by tile.

Each tile with corners in it is an anchor. It is looked for around its own place, by what it looks like apart from
brightness and contrast. People stand before some anchors, a curtain hides others; what is left is found in place. When
the camera was turned, what is found lies off, and agrees on one shift, turn and zoom of the whole picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.vision.views import Grey

_TILE, _REACH = 16, 8  # points of the small picture
_NEAR = 1  # an anchor so many points off is in place
_ALIKE, _SURE, _PLAIN = 0.6, 0.7, 0.8  # normalised correlation: in place; found elsewhere; no need to look elsewhere
_BETTER = 0.15  # another place must be so much more alike
_CORNER = 5.0  # least corner strength: a wall, or the edge of a board along which a shift is not seen, is no anchor
_APART, _MOST = 12, 32  # anchors that overlap more say the same; more of them only cost time
_FIT_POINTS, _FIT_ANCHORS = 1.0, 4

Anchors = NDArray[np.intp]
"""int[n, 2]: row and column of the upper left corner of each tile."""


@dataclass(frozen=True, slots=True)
class Place:
    """`in_place`: share of the anchors found where they were (0..1). `agreed`: share of the anchors that agree on one
    movement of the whole picture (0..1), `shift`: how far it takes the corner it moves most, as a share of the long
    side; both 0 when there is no such movement."""

    in_place: float
    agreed: float
    shift: float
    held: NDArray[np.bool_]  # [n]: which anchors are in place


def anchors(picture: Grey, top: int, bottom: int) -> Anchors:
    """The tiles with the strongest corners between rows `top` and `bottom`, at most 32."""
    strength = np.sqrt(np.maximum(cv2.cornerMinEigenVal(cv2.GaussianBlur(picture, (0, 0), 0.8), 5), 0)) * 255
    found = [
        (float(np.mean(strength[y : y + _TILE, x : x + _TILE])), y, x)
        for y in range(top, bottom - _TILE + 1, _TILE // 4)
        for x in range(0, picture.shape[1] - _TILE + 1, _TILE // 4)
    ]
    taken: list[tuple[int, int]] = []
    for corner, y, x in sorted(found, reverse=True):
        if corner < _CORNER or len(taken) == _MOST:
            break
        if all(max(abs(y - row), abs(x - column)) >= _APART for row, column in taken):
            taken.append((y, x))
    return np.array(taken, np.intp).reshape(-1, 2)


def flat(picture: Grey) -> NDArray[np.float32]:
    """Without what changes slowly over the picture (light from a window, a shadow), and room to search at the rim."""
    grey = picture.astype(np.float32)
    grey -= cv2.GaussianBlur(grey, (0, 0), 5)
    return np.asarray(cv2.copyMakeBorder(grey, *(_REACH,) * 4, cv2.BORDER_REFLECT), np.float32)


def compare(reference: NDArray[np.float32], picture: NDArray[np.float32], tiles: Anchors) -> Place:
    """Both pictures `flat`, of the same size; at least one anchor."""
    held: list[bool] = []
    was, now = [], []
    for y, x in tiles.tolist():
        tile = reference[y + _REACH : y + _REACH + _TILE, x + _REACH : x + _REACH + _TILE]
        here, *off = _find(tile, picture, y, x, _NEAR)
        best, *elsewhere = _find(tile, picture, y, x, _REACH) if here < _PLAIN else (here, *off)
        held.append(here >= _ALIKE and here >= best - _BETTER)
        if held[-1] or best >= _SURE:
            down, right = off if held[-1] else elsewhere
            was.append((x, y))
            now.append((x + right, y + down))
    agreed, shift = _movement(np.array(was, np.float64), np.array(now, np.float64), picture.shape)
    return Place(float(np.mean(held)), agreed / len(tiles), shift, np.array(held))


def _find(
    tile: NDArray[np.float32], picture: NDArray[np.float32], y: int, x: int, reach: int
) -> tuple[float, int, int]:
    """The best correlation within `reach` points of the tile's own place, and how far down and to the right it is."""
    top, left = y + _REACH - reach, x + _REACH - reach
    around = picture[top : top + _TILE + 2 * reach, left : left + _TILE + 2 * reach]
    _, best, _, (column, row) = cv2.minMaxLoc(cv2.matchTemplate(around, tile, cv2.TM_CCOEFF_NORMED))
    return float(best), row - reach, column - reach


def _movement(was: NDArray[np.float64], now: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[int, float]:
    """Anchors that agree on a shift, turn and zoom, and how far it takes a corner of the picture."""
    if len(was) < _FIT_ANCHORS:
        return 0, 0.0
    move, fits = cv2.estimateAffinePartial2D(was, now, ransacReprojThreshold=_FIT_POINTS, maxIters=200)
    if move is None:
        return 0, 0.0
    high, wide = shape[0] - 2 * _REACH, shape[1] - 2 * _REACH
    corners = np.array([(x - _TILE / 2, y - _TILE / 2) for x in (0, wide) for y in (0, high)])
    off = corners @ move[:, :2].T + move[:, 2] - corners
    return int(fits.sum()), float(np.hypot(off[:, 0], off[:, 1]).max()) / max(high, wide)
