"""A classroom composed of real people, with a script of what each of them does, and the truth of every moment.

The room is the practice camera's (`device_adapters.simulator.room`): a lens above the blackboard, up to 40 seats in six
rows, faces from 53 px wide in the first row to 24 px in the last at 1280 x 720. Pictures are drawn from the far wall to
the lens, so that who stands in front hides who sits behind. The same script and the same second always give the same
picture; noise and compression are the film's (`vision_film`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from device_adapters.simulator import room
from device_adapters.simulator.room import FACE_HEIGHT_M, Seat
from edge_agent.vision.counter import Image
from tests.bench.vision_contenders import View
from tests.bench.vision_people import SEATED, SHOWS_FACE, UPRIGHT, Pose, Sprite, solvay_people, sprite

SIZES = {720: 1.0, 1080: 1.5}  # picture height: scale of the room
_ROWS = ((3.5, 4, 0.9), (4.3, 5, 0.9), (5.1, 6, 0.9), (5.9, 7, 0.88), (6.7, 8, 0.8), (7.6, 10, 0.66))  # z, seats, step
SEATS = tuple(Seat((each - (many - 1) / 2) * step, z) for z, many, step in _ROWS for each in range(many))
"""Front row first, left to right: 40 of them."""
STANDING_M = 1.6  # middle of a standing person's face
_COVERED = 0.5  # of a face, from which on nobody can see it
_PODIUM_M = (1.28, 2.45)  # x, z of the teacher at the podium
VIEW = View(
    seats=((0, 0.25), (1, 0.25), (1, 1), (0, 1)),
    masks=(((0.93, 0.7), (1, 0.7), (1, 1), (0.93, 1)), ((0.82, 0.2), (0.97, 0.2), (0.97, 0.32), (0.82, 0.32))),
)
"""Below the last row's heads; without the podium, and without the poster that hangs lower."""


class Act(StrEnum):
    """What a trainee may do for a while instead of looking to the front."""

    AWAY = "away"
    TURNED = "turned"
    BENT = "bent"
    WRITING = "writing"
    HALF = "half"
    STANDING = "standing"


_POSE = {Act.TURNED: Pose.TURNED, Act.BENT: Pose.BENT, Act.WRITING: Pose.WRITING, Act.HALF: Pose.HALF}
_LOWER_M = {Pose.BENT: 0.27, Pose.WRITING: 0.1}  # how far the head comes down


class RoomEvent(StrEnum):
    DIM = "dim"  # the lamps are off
    CLOUD = "cloud"  # the daylight changes, slowly
    CROSSING = "crossing"  # the teacher walks to and fro before the first row
    AISLE = "aisle"  # the teacher walks between the rows, face to the camera half of the time


@dataclass(frozen=True, slots=True)
class During:
    """`what` from `start_s` until `end_s`, seconds of the lesson."""

    what: Act | RoomEvent
    start_s: float
    end_s: float

    def at(self, second: float) -> bool:
        return self.start_s <= second < self.end_s


@dataclass(frozen=True, slots=True)
class Trainee:
    seat: int  # index into SEATS
    person: int  # whose head
    acts: tuple[During, ...] = ()

    def act(self, second: float) -> Act | None:
        """The first of `acts` that holds: put what matters before fidgeting."""
        for during in self.acts:
            if during.at(second):
                assert isinstance(during.what, Act)
                return during.what
        return None


@dataclass(frozen=True, slots=True)
class Script:
    """One lesson in one room. A trainee with AWAY from beginning to end is absent; an empty seat is nobody's."""

    name: str
    seconds: float
    trainees: tuple[Trainee, ...]
    events: tuple[During, ...] = ()
    posters: bool = False
    teacher: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """Of one moment: seats whose trainee is in the room, and those of them whose face can be seen."""

    present: frozenset[int]
    visible: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Figure:
    """Somebody to draw: the middle of the face in px, how far away, and whose seat (None: the teacher)."""

    sprite: Sprite
    at: tuple[int, int]
    z_m: float
    seat: int | None
    shows_face: bool


class Classroom:
    """Draws a Script at `height` 720 or 1080 px."""

    def __init__(self, script: Script, height: int = 720) -> None:
        self.script = script
        self._scale = SIZES[height]
        self.size = height, round(room.WIDTH * self._scale)
        self._room = _empty_room(self._scale, script.posters)
        self._taken = frozenset(each.seat for each in script.trainees)

    def picture(self, second: float) -> tuple[Image, Truth]:
        """uint8[height, width, 3] BGR, without noise, and what is true in it."""
        canvas = self._room.copy()
        figures = self._figures(second)
        for z in sorted({seat.z_m for seat in SEATS} | {each.z_m for each in figures}, reverse=True):
            row = [number for number, seat in enumerate(SEATS) if seat.z_m == z]
            for number in row:
                _chair(canvas, SEATS[number], self._scale)
            for figure in figures:
                if figure.z_m == z:
                    _lay(canvas, figure)
            for number in row:
                _desk(canvas, SEATS[number], self._scale, number in self._taken)
        return self._lit(canvas, second), _truth(self.script, figures, second)

    def _figures(self, second: float) -> list[_Figure]:
        figures = [
            self._trainee(each, act, second)
            for each in self.script.trainees
            if (act := each.act(second)) is not Act.AWAY
        ]
        return [*figures, self._teacher(second)] if self.script.teacher else figures

    def _trainee(self, one: Trainee, act: Act | None, second: float) -> _Figure:
        seat, pose = SEATS[one.seat], Pose.FRONT if act is None else _POSE.get(act, Pose.FRONT)
        standing = act is Act.STANDING
        height = STANDING_M if standing else FACE_HEIGHT_M - _LOWER_M.get(pose, 0.0)
        z = seat.z_m - (0.25 if standing or pose is Pose.BENT else 0.0)
        return self._figure(one.person, pose, (seat.x_m, height, z), second, one.seat, upright=standing)

    def _teacher(self, second: float) -> _Figure:
        """At the podium, back to the lens, unless an event has him walk."""
        person = solvay_people() - 1
        for event in self.script.events:
            if event.what is RoomEvent.CROSSING and event.at(second):
                x = 1.3 * math.cos((second - event.start_s) * 0.35)
                return self._figure(person, Pose.TURNED, (x, STANDING_M, 2.6), second, None, upright=True)
            if event.what is RoomEvent.AISLE and event.at(second):
                phase = (second - event.start_s) * 0.2
                pose = Pose.FRONT if math.sin(phase) > 0 else Pose.TURNED
                return self._figure(person, pose, (1.6 * math.cos(phase), 1.65, 4.72), second, None, upright=True)
        x, z = _PODIUM_M
        return self._figure(person, Pose.TURNED, (x, STANDING_M, z), second, None, upright=True)

    def _figure(
        self,
        person: int,
        pose: Pose,
        at_m: tuple[float, float, float],
        second: float,
        seat: int | None,
        *,
        upright: bool,
    ) -> _Figure:
        x, y, z = at_m
        face_px = round(room.FOCAL_PX * room.FACE_M / z * self._scale, 2)
        middle = room.project(x, y, z)
        sway = 2 * math.pi * (second * (0.07 + 0.013 * (person % 11)) + 0.37 * person)
        at = (
            round(middle[0] * self._scale + 0.09 * face_px * math.sin(sway)),
            round(middle[1] * self._scale + 0.04 * face_px * math.sin(2 * sway)),
        )
        shown = sprite(person, face_px, pose, UPRIGHT if upright else SEATED)
        return _Figure(shown, at, z, seat, pose in SHOWS_FACE)

    def _lit(self, canvas: Image, second: float) -> Image:
        gain = 1.0
        for event in self.script.events:
            if event.what is RoomEvent.DIM and event.at(second):
                gain *= 0.28
            elif event.what is RoomEvent.CLOUD and event.at(second):
                gain *= 0.75 + 0.35 * math.cos((second - event.start_s) * 0.15)
        soft = cv2.GaussianBlur(canvas, (0, 0), 0.75 * self._scale)
        lit = cv2.multiply(soft, _vignette(*soft.shape[:2]), scale=1 / 255)
        return lit if gain == 1.0 else cv2.convertScaleAbs(lit, alpha=gain)


def _truth(script: Script, figures: list[_Figure], second: float) -> Truth:
    seated = [each for each in figures if each.seat is not None]
    visible = {
        each.seat
        for each in seated
        if each.shows_face and _hidden(each, [other for other in figures if other.z_m < each.z_m]) < _COVERED
    }
    return Truth(frozenset(each.seat for each in seated), frozenset(visible))  # type: ignore[arg-type]


def _hidden(one: _Figure, nearer: list[_Figure]) -> float:
    """The share of its face that those nearer to the lens cover."""
    width, height = one.sprite.face
    left, top = one.at[0] - width // 2, one.at[1] - height // 2
    covered = np.zeros((height, width), bool)
    for other in nearer:
        x, y = other.at[0] - other.sprite.anchor[0] - left, other.at[1] - other.sprite.anchor[1] - top
        high, wide = other.sprite.alpha.shape[:2]
        rows, columns = slice(max(y, 0), min(y + high, height)), slice(max(x, 0), min(x + wide, width))
        if rows.start < rows.stop and columns.start < columns.stop:
            part = other.sprite.alpha[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
            covered[rows, columns] |= part > 0.5
    return float(covered.mean())


def _lay(canvas: Image, figure: _Figure) -> None:
    """Blend a sprite into the picture, whatever of it lies inside."""
    left, top = figure.at[0] - figure.sprite.anchor[0], figure.at[1] - figure.sprite.anchor[1]
    high, wide = figure.sprite.picture.shape[:2]
    rows = slice(max(-top, 0), min(canvas.shape[0] - top, high))
    columns = slice(max(-left, 0), min(canvas.shape[1] - left, wide))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    window = canvas[rows.start + top : rows.stop + top, columns.start + left : columns.stop + left]
    alpha = figure.sprite.alpha[rows, columns]
    window[:] = cv2.blendLinear(figure.sprite.picture[rows, columns], window, alpha, 1 - alpha)


@cache
def _empty_room(scale: float, posters: bool) -> Image:
    canvas = room.empty_room("实训教室")
    wide = cv2.resize(canvas, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    if posters:
        for number, (x, y, face_px) in enumerate(((1090, 95, 32), (1200, 100, 32), (1145, 200, 30), (420, 130, 46))):
            _poster(wide, number * 5 + 2, (x * scale, y * scale), face_px * scale)
    return wide


def _poster(canvas: Image, person: int, at: tuple[float, float], face_px: float) -> None:
    """A portrait on white paper (or on the screen) with its middle at `at`."""
    shown = sprite(person, round(face_px, 2), Pose.FRONT)
    high = round(3.1 * face_px)
    picture, alpha = shown.picture[:high], shown.alpha[:high]
    paper = cv2.blendLinear(picture, np.full_like(picture, 235), alpha, 1 - alpha)
    left, top = round(at[0] - shown.anchor[0]), max(round(at[1] - shown.anchor[1]), 0)
    canvas[top : top + high, left : left + paper.shape[1]] = paper


@cache
def _vignette(height: int, width: int) -> NDArray[np.uint8]:
    """Daylight from the windows on the left, a darker rim; uint8[H, W, 3], 255 is untouched."""
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    light = 1.0 - 0.14 * x - 0.2 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    return np.repeat((255 * light)[..., None], 3, axis=2).astype(np.uint8)


def _chair(canvas: Image, seat: Seat, scale: float) -> None:
    z, x = seat.z_m + 0.2, seat.x_m
    _panel(
        canvas,
        scale,
        [(x - 0.21, 0.45, z), (x + 0.21, 0.45, z), (x + 0.21, 0.92, z), (x - 0.21, 0.92, z)],
        (66, 92, 122),
    )


def _desk(canvas: Image, seat: Seat, scale: float, taken: bool) -> None:
    x, top, far, near, half = seat.x_m, 0.75, seat.z_m - 0.25, seat.z_m - 0.6, 0.36
    _panel(
        canvas,
        scale,
        [(x - half, top, near), (x + half, top, near), (x + half, top, far), (x - half, top, far)],
        (142, 174, 198),
    )
    _panel(
        canvas,
        scale,
        [(x - half, 0.45, near), (x + half, 0.45, near), (x + half, top, near), (x - half, top, near)],
        (96, 122, 142),
    )
    if taken:
        paper = [
            (x - 0.14, top, near + 0.05),
            (x + 0.1, top, near + 0.05),
            (x + 0.1, top, near + 0.27),
            (x - 0.14, top, near + 0.27),
        ]
        _panel(canvas, scale, paper, (236, 238, 238))


def _panel(
    canvas: Image, scale: float, corners: list[tuple[float, float, float]], colour: tuple[int, int, int]
) -> None:
    points = [room.project(*corner) for corner in corners]
    room.fill(canvas, [(x * scale, y * scale) for x, y in points], colour)
