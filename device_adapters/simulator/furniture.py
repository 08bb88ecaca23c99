"""Desks, chairs and the people at them, from the neck down: what stands between the empty room and the faces."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device_adapters.simulator.room import Colour, Seat, fill, panel

_DESK_HALF_M, _DESK_HEIGHT_M = 0.42, 0.75
_CLOTHES: tuple[Colour, ...] = (  # work clothes: navy, blue, grey, dark green, brown
    (74, 52, 38), (104, 74, 48), (78, 76, 74), (58, 66, 50), (52, 60, 74), (92, 60, 46), (62, 58, 58),
)  # fmt: skip
# Outlines from the chin down, one half: (out, down) in face widths.
_SHOULDER = ((0.0, 0.18), (0.42, 0.24), (0.95, 0.44), (1.22, 0.72), (1.36, 1.25), (1.48, 2.2), (1.5, 3.6))
_ARM = ((1.0, 1.1), (1.36, 1.2), (1.5, 3.6), (1.12, 3.6))


def chair(canvas: NDArray[np.uint8], seat: Seat) -> None:
    """The back of a chair; who sits on it hides most of it."""
    z = seat.z_m + 0.2
    _upright(canvas, seat.x_m, 0.21, 0.45, 0.92, z, (66, 92, 122))
    _upright(canvas, seat.x_m, 0.16, 0.72, 0.80, z, (104, 112, 116))


def body(canvas: NDArray[np.uint8], seat: Seat, number: int) -> None:
    """Shoulders, chest and arms of person `number`, whose neck ends where the cut-out head begins."""
    unit = seat.face_px
    x, y = seat.face
    chin = y + 0.62 * unit
    colour = _CLOTHES[number % len(_CLOTHES)]
    shade = (colour[0] * 3 // 4, colour[1] * 3 // 4, colour[2] * 3 // 4)
    outline = [(x + out * unit, chin + down * unit) for out, down in _SHOULDER]
    outline += [(x - out * unit, chin + down * unit) for out, down in reversed(_SHOULDER)]
    fill(canvas, outline, colour)
    for side in (-1, 1):
        fill(canvas, [(x + side * out * unit, chin + down * unit) for out, down in _ARM], shade)
    seam = (round(x), round(chin + 0.9 * unit)), (round(x), round(chin + 3.6 * unit))
    cv2.line(canvas, *seam, shade, max(1, round(unit / 24)), cv2.LINE_AA)


def desk(canvas: NDArray[np.uint8], seat: Seat, number: int, taken: bool) -> None:
    """The desk in front of a seat; paper and a tool box where somebody works."""
    x, top = seat.x_m, _DESK_HEIGHT_M
    far, near = seat.z_m - 0.3, seat.z_m - 0.78
    _upright(canvas, x, _DESK_HALF_M - 0.03, 0.12, top, near, (112, 138, 158))
    _flat(canvas, x, _DESK_HALF_M, top, near, far, (142, 174, 198))
    _upright(canvas, x, _DESK_HALF_M, top - 0.035, top, near, (96, 122, 142))
    if taken:
        shift = (number * 7 % 5 - 2) * 0.03
        _flat(canvas, x - 0.03 + shift, 0.13, top, near + 0.1, near + 0.36, (236, 238, 238))
        _flat(canvas, x + 0.25, 0.05, top, near + 0.14, near + 0.3, (90, 96, 172) if number % 3 else (150, 120, 70))


def _upright(
    canvas: NDArray[np.uint8], x: float, half: float, low: float, high: float, z: float, colour: Colour
) -> None:
    panel(canvas, [(x - half, low, z), (x + half, low, z), (x + half, high, z), (x - half, high, z)], colour)


def _flat(canvas: NDArray[np.uint8], x: float, half: float, y: float, near: float, far: float, colour: Colour) -> None:
    panel(canvas, [(x - half, y, near), (x + half, y, near), (x + half, y, far), (x - half, y, far)], colour)
