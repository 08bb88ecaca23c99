"""The empty practice classroom and where its seats are: drawn once, seen by a camera above the blackboard.

A pinhole camera without tilt (a shifted lens, so that what is upright stays upright): X to the right, Y up, Z away from
the camera, all in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1280, 720  # px
FOCAL_PX = 1200.0
HORIZON_PX = 10.0
CAMERA_M = 2.9  # height of the lens
FACE_M = 0.155  # width of a face box
HALF_ROOM_M, DEPTH_M, CEILING_M = 3.5, 8.3, 3.3
FACE_HEIGHT_M = 1.2  # middle of a seated person's face

Colour = tuple[int, int, int]
Point = tuple[float, float, float]

# Rows stand in the gaps of the row before, so that no head hides another one.
_ROWS: tuple[tuple[float, tuple[float, ...]], ...] = (
    (3.7, (-1.3, -0.45, 0.45, 1.3)),
    (4.7, (-1.95, -1.0, 0.0, 1.0, 1.95)),
    (5.8, (-2.85, -1.85, -0.62, 0.62, 1.85, 2.85)),
    (7.0, (-3.0, -1.5, 0.0, 1.5, 3.0)),
)


@dataclass(frozen=True, slots=True)
class Seat:
    x_m: float
    z_m: float

    @property
    def face_px(self) -> float:
        return FOCAL_PX * FACE_M / self.z_m

    @property
    def face(self) -> tuple[float, float]:
        """Middle of the face of who sits here, px."""
        return project(self.x_m, FACE_HEIGHT_M, self.z_m)


SEATS = tuple(Seat(x, z) for z, row in _ROWS for x in row)
"""Front row first, left to right."""


def project(x: float, y: float, z: float) -> tuple[float, float]:
    """Metres to px (x to the right, y down)."""
    return WIDTH / 2 + FOCAL_PX * x / z, HORIZON_PX + FOCAL_PX * (CAMERA_M - y) / z


def fill(canvas: NDArray[np.uint8], points: list[tuple[float, float]], colour: Colour) -> None:
    """A filled polygon with smooth edges; points in px, to 1/16 px."""
    cv2.fillPoly(canvas, [np.round(np.array(points) * 16).astype(np.int32)], colour, cv2.LINE_AA, shift=4)


def panel(canvas: NDArray[np.uint8], corners: list[Point], colour: Colour) -> None:
    fill(canvas, [project(*corner) for corner in corners], colour)


def back_wall(canvas: NDArray[np.uint8], left: float, bottom: float, right: float, top: float, colour: Colour) -> None:
    """A rectangle on the far wall, metres."""
    z = DEPTH_M
    panel(canvas, [(left, bottom, z), (right, bottom, z), (right, top, z), (left, top, z)], colour)


def empty_room(title: str) -> NDArray[np.uint8]:
    """uint8[720, 1280, 3] BGR: walls, windows, door, the rear board with `title`; no furniture yet."""
    canvas = np.full((HEIGHT, WIDTH, 3), 190, np.uint8)
    _shell(canvas)
    _rear_board(canvas, title)
    _windows(canvas)
    _door(canvas)
    return canvas


def _shell(canvas: NDArray[np.uint8]) -> None:
    w, d, c, near = HALF_ROOM_M, DEPTH_M, CEILING_M, 0.9
    panel(canvas, [(-w, 0, near), (w, 0, near), (w, 0, d), (-w, 0, d)], (128, 140, 150))
    for z in np.arange(1.2, d, 0.6):  # floor tiles
        cv2.line(canvas, _pixel(-w, 0, z), _pixel(w, 0, z), (116, 128, 138), 1, cv2.LINE_AA)
    for x in np.arange(-w, w, 0.6):
        cv2.line(canvas, _pixel(x, 0, near), _pixel(x, 0, d), (116, 128, 138), 1, cv2.LINE_AA)
    back_wall(canvas, -w, 0, w, c, (205, 214, 218))
    back_wall(canvas, -w, 0, w, 1.15, (168, 184, 158))  # the painted dado of a Chinese classroom
    for side, upper, lower in ((-w, (190, 200, 205), (150, 166, 142)), (w, (182, 192, 197), (144, 160, 136))):
        panel(canvas, [(side, 1.15, near), (side, 1.15, d), (side, c, d), (side, c, near)], upper)
        panel(canvas, [(side, 0, near), (side, 0, d), (side, 1.15, d), (side, 1.15, near)], lower)


def _rear_board(canvas: NDArray[np.uint8], title: str) -> None:
    back_wall(canvas, -2.35, 1.42, 2.35, 2.68, (70, 88, 104))
    back_wall(canvas, -2.28, 1.48, 2.28, 2.62, (62, 84, 52))
    left, top = project(-2.1, 2.5, DEPTH_M)
    chalk, font = (206, 222, 214), cv2.FontFace("sans")
    cv2.putText(canvas, title, (int(left) + 6, int(top) + 30), chalk, font, 30, 500)
    lines = ("安全第一  规范操作", "今日实训:手工电弧焊 平焊", "1 劳保穿戴  2 设备检查", "3 引弧运条  4 焊缝清理")
    for number, line in enumerate(lines):
        column, row = divmod(number, 2)
        cv2.putText(canvas, line, (int(left) + 10 + 320 * column, int(top) + 74 + 34 * row), chalk, font, 19, 300)
    _notice(canvas)


def _notice(canvas: NDArray[np.uint8]) -> None:
    """The house rules on the wall, and a red banner above the board."""
    left, top = _pixel(-3.1, 2.5, DEPTH_M)
    right, bottom = _pixel(-2.62, 1.8, DEPTH_M)
    cv2.rectangle(canvas, (left, top), (right, bottom), (225, 228, 230), -1)
    font = cv2.FontFace("sans")
    for number, word in enumerate(("管理", "制度")):
        cv2.putText(canvas, word, (left + 14, top + 32 + 26 * number), (60, 60, 170), font, 20, 500)
    back_wall(canvas, -2.35, 2.73, 2.35, 2.97, (44, 40, 168))
    words_left, words_base = _pixel(-1.55, 2.79, DEPTH_M)
    cv2.putText(canvas, "职业技能培训  一人一档  学时真实", (words_left, words_base), (190, 226, 240), font, 24, 500)


def _windows(canvas: NDArray[np.uint8]) -> None:
    x = -HALF_ROOM_M
    for near in (5.3, 6.7):
        far = near + 1.2
        panel(canvas, [(x, 1.2, near), (x, 1.2, far), (x, 2.75, far), (x, 2.75, near)], (150, 160, 164))
        for low, high in ((1.27, 1.95), (2.02, 2.68)):
            for start, end in ((near + 0.06, near + 0.57), (near + 0.63, far - 0.06)):
                pane: list[Point] = [(x, low, start), (x, low, end), (x, high, end), (x, high, start)]
                panel(canvas, pane, (244, 238, 226) if high > 2 else (232, 226, 212))


def _door(canvas: NDArray[np.uint8]) -> None:
    x = HALF_ROOM_M
    frame: list[Point] = [(x, 0, 6.9), (x, 0, 7.9), (x, 2.15, 7.9), (x, 2.15, 6.9)]
    leaf: list[Point] = [(x, 0.05, 6.97), (x, 0.05, 7.83), (x, 2.07, 7.83), (x, 2.07, 6.97)]
    pane: list[Point] = [(x, 1.3, 7.2), (x, 1.3, 7.6), (x, 1.85, 7.6), (x, 1.85, 7.2)]
    for corners, colour in ((frame, (70, 92, 118)), (leaf, (96, 124, 156)), (pane, (206, 212, 206))):
        panel(canvas, corners, colour)


def _pixel(x: float, y: float, z: float) -> tuple[int, int]:
    across, down = project(x, y, z)
    return round(across), round(down)
