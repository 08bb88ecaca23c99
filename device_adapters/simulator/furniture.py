"""Desks, chairs and the people at them, from the neck down: what stands between the empty room and the faces."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device_adapters.simulator.room import Colour, Seat, fill, panel

_DESK_M, _DESK_HEIGHT_M = 0.42, 0.75  # half its width; its top
_CLOTHES: tuple[Colour, ...] = (  # work clothes: navy, blue, grey, dark green, brown
    (74, 52, 38), (104, 74, 48), (78, 76, 74), (58, 66, 50), (52, 60, 74), (92, 60, 46), (62, 58, 58),
)  # fmt: skip


def chair(canvas: NDArray[np.uint8], seat: Seat) -> None:
    """The back of a chair, seen when nobody sits on it."""
    z = seat.z_m + 0.2
    low, high, half = 0.45, 0.92, 0.21
    panel(canvas, [(seat.x_m - half, low, z), (seat.x_m + half, low, z), (seat.x_m + half, high, z), (seat.x_m - half, high, z)], (66, 92, 122))
    panel(canvas, [(seat.x_m - half + 0.05, 0.72, z), (seat.x_m + half - 0.05, 0.72, z), (seat.x_m + half - 0.05, 0.8, z), (seat.x_m - half + 0.05, 0.8, z)], (104, 112, 116))


def body(canvas: NDArray[np.uint8], seat: Seat, number: int) -> None:
    """Shoulders, chest and arms of person `number`, whose neck ends where the cut-out head begins."""
    unit = seat.face_px
    x, y = seat.face
    chin = y + 0.62 * unit
    colour = _CLOTHES[number % len(_CLOTHES)]
    dark = (colour[0] * 3 // 4, colour[1] * 3 // 4, colour[2] * 3 // 4)
    half = (
        (0.0, 0.18), (0.42, 0.24), (0.95, 0.44), (1.22, 0.72), (1.36, 1.25), (1.48, 2.2), (1.5, 3.6),
    )  # (out, down) of the outline from the chin, in face widths  # fmt: skip
    outline = [(x + out * unit, chin + down * unit) for out, down in half]
    outline += [(x - out * unit, chin + down * unit) for out, down in reversed(half)]
    fill(canvas, outline, colour)
    for side in (-1, 1):
        arm = ((1.0, 1.1), (1.36, 1.2), (1.5, 3.6), (1.12, 3.6))
        fill(canvas, [(x + side * out * unit, chin + down * unit) for out, down in arm], dark)
    cv2.line(canvas, (round(x), round(chin + 0.9 * unit)), (round(x), round(chin + 3.6 * unit)), dark, max(1, round(unit / 24)), cv2.LINE_AA)


def desk(canvas: NDArray[np.uint8], seat: Seat, number: int, taken: bool) -> None:
    """The desk in front of a seat, with its front board, and paper where somebody works."""
    left, right = seat.x_m - _DESK_M, seat.x_m + _DESK_M
    far, near, top = seat.z_m - 0.3, seat.z_m - 0.78, _DESK_HEIGHT_M
    panel(canvas, [(left + 0.03, 0.12, near), (right - 0.03, 0.12, near), (right - 0.03, top, near), (left + 0.03, top, near)], (112, 138, 158))
    panel(canvas, [(left, top, near), (right, top, near), (right, top, far), (left, top, far)], (142, 174, 198))
    panel(canvas, [(left, top - 0.035, near), (right, top - 0.035, near), (right, top, near), (left, top, near)], (96, 122, 142))
    if taken:
        shift = ((number * 7) % 5 - 2) * 0.03
        panel(canvas, [(seat.x_m - 0.16 + shift, top, near + 0.1), (seat.x_m + 0.1 + shift, top, near + 0.1), (seat.x_m + 0.08 + shift, top, near + 0.36), (seat.x_m - 0.14 + shift, top, near + 0.36)], (236, 238, 238))
        panel(canvas, [(seat.x_m + 0.2, top, near + 0.14), (seat.x_m + 0.3, top, near + 0.14), (seat.x_m + 0.29, top, near + 0.3), (seat.x_m + 0.21, top, near + 0.3)], (90, 96, 172) if number % 3 else (150, 120, 70))
