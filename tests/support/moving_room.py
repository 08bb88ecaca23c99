"""A drawn classroom for the replay detector: one room, always the same seats and people, each day other movements.

Heads sway and lean, now and then somebody changes posture for good, a teacher walks at the front, light drifts, the
sensor is noisy and a clock is burnt in. Any moment of a day can be drawn, so a replay may fall between the key frames
of what it repeats. It is a drawing: no distance measured on it says anything about real rooms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
WIDE, HIGH = 640, 360
_HZ = 4.0
_SEATS = [(x, y) for y in (150, 200, 255) for x in range(70, 600, 66)]


@dataclass(frozen=True)
class MovingRoom:
    """`day` chooses the movements; `people` sit in the room."""

    day: int
    seconds: float = 900
    people: int = 22
    restless: float = 1.0

    @cached_property
    def _paths(self) -> NDArray[np.float64]:
        """Offsets in px at `_HZ`: [people, ticks, 2]."""
        chance = np.random.default_rng([self.day, 7])
        ticks = int(self.seconds * _HZ) + 8
        calm = np.exp(-1 / _HZ / chance.uniform(3, 15, (self.people, 1)))
        paths = np.zeros((self.people, ticks, 2))
        at = chance.normal(0, 1, (self.people, 2))
        lean = chance.normal(0, 8, (self.people, 2))
        wanted = lean.copy()
        for tick in range(ticks):
            at = at * calm + chance.normal(0, 1, at.shape) * np.sqrt(1 - calm**2)
            changes = chance.random(self.people) < 1 / 45 / _HZ
            wanted[changes] = chance.normal(0, 9, (int(changes.sum()), 2))
            lean += (wanted - lean) * 0.35
            paths[:, tick] = 4 * self.restless * at + self.restless * lean
        return paths

    @cached_property
    def _teacher(self) -> NDArray[np.float64]:
        chance = np.random.default_rng([self.day, 8])
        ticks = int(self.seconds * _HZ) + 8
        x, goal, path = 320.0, 320.0, np.zeros(ticks)
        for tick in range(ticks):
            if chance.random() < 1 / 12 / _HZ:
                goal = chance.uniform(60, 580)
            x += np.clip(goal - x, -12, 12)
            path[tick] = x
        return path

    @cached_property
    def _room(self) -> Grey:
        chance = np.random.default_rng(1)
        room = np.full((HIGH, WIDE), 120, np.uint8)
        for _ in range(40):
            x, y = int(chance.integers(0, WIDE)), int(chance.integers(0, HIGH))
            w, h = int(chance.integers(20, 160)), int(chance.integers(10, 80))
            cv2.rectangle(room, (x, y), (x + w, y + h), int(chance.integers(60, 200)), -1)
        return np.asarray(cv2.GaussianBlur(room, (0, 0), 1.2), np.uint8)

    def picture(self, second: float, clock: str | None = None) -> Grey:
        """uint8[360, 640] at `second` of the day; `clock`: what is burnt in, otherwise the day's own time."""
        canvas = self._room.copy()
        tick, part = divmod(second * _HZ, 1)
        here, there = int(tick), int(tick) + 1
        tone = np.random.default_rng(2).integers(40, 230, len(_SEATS))
        x = self._teacher[here] * (1 - part) + self._teacher[there] * part
        cv2.ellipse(canvas, (round(x), 110), (11, 34), 0, 0, 360, 70, -1, cv2.LINE_AA)
        cv2.circle(canvas, (round(x), 70), 10, 190, -1, cv2.LINE_AA)
        for who in range(self.people):
            dx, dy = self._paths[who, here] * (1 - part) + self._paths[who, there] * part
            px, py = _SEATS[who][0] + dx, _SEATS[who][1] + dy
            size = 9 + _SEATS[who][1] / 40
            centre = (round(px * 16), round(py * 16))
            cv2.ellipse(canvas, (round(px * 8 + _SEATS[who][0] * 8), round((_SEATS[who][1] + 34) * 16)),
                        (round(20 * 16), round(20 * 16)), 0, 0, 360, int(tone[-1 - who]), -1, cv2.LINE_AA, 4)  # fmt: skip
            cv2.ellipse(canvas, centre, (round(size * 16), round(size * 20)), 0, 0, 360, int(tone[who]), -1, cv2.LINE_AA, 4)
        light = 1 + 0.05 * np.sin(second / 200 + self.day)
        noise = np.random.default_rng([self.day, round(second * 1000)]).normal(0, 2.5, canvas.shape)
        canvas = np.clip(canvas * light + noise, 0, 255).astype(np.uint8)
        cv2.putText(canvas, clock or f"day {self.day} {second:08.1f}", (12, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
        return canvas


Film = Callable[[float], Grey]
"""Second → picture."""


def shifted_clock(film: Film, label: str) -> Film:
    """Another clock over the old one, and the picture moved down a little."""
    def look(second: float) -> Grey:
        picture = np.roll(film(second), 4, axis=0)
        cv2.rectangle(picture, (0, 0), (300, 34), 30, -1)
        cv2.putText(picture, f"{label} {second:.1f}", (12, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
        return picture

    return look


def degraded(film: Film, crop: float = 0.04, gamma: float = 1.35, noise: float = 5) -> Film:
    def look(second: float) -> Grey:
        picture = film(second)
        x, y = round(WIDE * crop), round(HIGH * crop)
        picture = np.asarray(cv2.resize(picture[y : HIGH - y, x : WIDE - x], (WIDE, HIGH)), np.uint8)
        curved = 255 * (picture / 255) ** gamma
        grain = np.random.default_rng(round(second * 1000)).normal(0, noise, picture.shape)
        return np.clip(curved + grain, 0, 255).astype(np.uint8)

    return look


def off_a_screen(film: Film) -> Film:
    """Filmed off a monitor: perspective, softness, a bright frame, less contrast."""
    corners = np.array([[0, 0], [WIDE, 0], [WIDE, HIGH], [0, HIGH]], np.float32)
    seen = np.array([[14, 9], [WIDE - 8, 4], [WIDE - 16, HIGH - 10], [9, HIGH - 5]], np.float32)
    move = cv2.getPerspectiveTransform(corners, seen)

    def look(second: float) -> Grey:
        soft = cv2.GaussianBlur(film(second), (0, 0), 1.4)
        turned = cv2.warpPerspective(soft, move, (WIDE, HIGH), borderValue=(200,))
        grain = np.random.default_rng(round(second * 997)).normal(0, 3, turned.shape)
        return np.clip(turned * 0.8 + 30 + grain, 0, 255).astype(np.uint8)

    return look


def mirror(film: Film) -> Film:
    return lambda second: np.ascontiguousarray(film(second)[:, ::-1])


def faster(film: Film, speed: float) -> Film:
    return lambda second: film(second * speed)


def looped(film: Film, seconds: float) -> Film:
    return lambda second: film(second % seconds)


def later(film: Film, seconds: float) -> Film:
    return lambda second: film(second + seconds)
