"""The live picture of a practice classroom, cheap enough for several cameras on one core.

What does not move is composed once, whenever people come or go; a frame copies it, lays each head at the place its slow
sway has reached, adds sensor noise and burns in the clock. Everything is done in I420, the encoder's own format.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from config.clock import CHINA
from device_adapters.simulator import furniture
from device_adapters.simulator.faces import BOXES, Head, cut_head
from device_adapters.simulator.room import HEIGHT, SEATS, WIDTH, empty_room

I420 = NDArray[np.uint8]  # [HEIGHT * 3 // 2, WIDTH]: Y, then U and V at a quarter each
MAX_PEOPLE = len(SEATS)

_PHASES = 16  # places on a head's path
_NOISE_SIGMA, _NOISE_SLACK = 1.3, 64
_BLACK_Y = 18


@dataclass(frozen=True, slots=True)
class _Patch:
    """A head with what is behind it, at one place of its sway; corner even, sides even, because of the chroma."""

    left: int
    top: int
    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Scene:
    still: I420
    sways: tuple[tuple[_Patch, ...], ...]  # one a person, _PHASES each


class Classroom:
    """One room. Not thread-safe: one encoder draws it."""

    def __init__(self, photograph: NDArray[np.uint8], title: str, people: int, seed: int = 0) -> None:
        self._photograph = photograph
        self._title = title
        chance = random.Random(seed)
        self._seats = _seating(chance)
        self._faces = chance.sample(range(len(BOXES)), MAX_PEOPLE)
        self._paces = [chance.uniform(0.25, 0.6) for _ in range(MAX_PEOPLE)]  # sways a second
        size = (HEIGHT + _NOISE_SLACK, WIDTH + _NOISE_SLACK)
        noise = np.round(np.random.default_rng(seed).normal(0, _NOISE_SIGMA, size))
        self._brighter = np.clip(noise, 0, 255).astype(np.uint8)
        self._darker = np.clip(-noise, 0, 255).astype(np.uint8)
        self._chance = chance
        self._scene = self._compose(people)
        self.people = people

    def seat(self, people: int) -> None:
        """So many people are in the room from the next picture on (0..MAX_PEOPLE)."""
        if people != self.people:
            self._scene = self._compose(people)
            self.people = people

    def picture(self, at: datetime, *, dark: bool = False) -> I420:
        """What the camera sees at `at` (also the burnt-in time, in China's zone); `dark`: something covers the lens."""
        if dark:
            canvas = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            canvas[:HEIGHT] = _BLACK_Y
        else:
            canvas = self._scene.still.copy()
            seconds = at.timestamp()
            for number, sway in enumerate(self._scene.sways):
                _lay(canvas, sway[_phase(seconds, self._paces[number], number)])
        self._add_noise(canvas[:HEIGHT])
        self._burn_in(canvas[:HEIGHT], at)
        return canvas

    def _compose(self, people: int) -> _Scene:
        if not 0 <= people <= MAX_PEOPLE:
            raise ValueError(f"people must be 0..{MAX_PEOPLE}, not {people}")
        taken = set(self._seats[:people])
        canvas = empty_room(self._title)
        for place in sorted(range(len(SEATS)), key=lambda place: -SEATS[place].z_m):
            seat = SEATS[place]
            furniture.chair(canvas, seat)
            if place in taken:
                furniture.body(canvas, seat, self._faces[place])
            furniture.desk(canvas, seat, place, place in taken)
        _light(canvas)
        sways = []
        for place in sorted(taken):
            head = cut_head(self._photograph, self._faces[place], SEATS[place].face_px)
            sways.append(tuple(_sway(canvas, head, SEATS[place].face)))
        return _Scene(np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2YUV_I420), np.uint8), tuple(sways))

    def _add_noise(self, luma: NDArray[np.uint8]) -> None:
        x, y = self._chance.randrange(_NOISE_SLACK), self._chance.randrange(_NOISE_SLACK)
        window = np.s_[y : y + HEIGHT, x : x + WIDTH]
        cv2.add(luma, self._brighter[window], dst=luma)
        cv2.subtract(luma, self._darker[window], dst=luma)

    def _burn_in(self, luma: NDArray[np.uint8], at: datetime) -> None:
        stamp = at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
        _letter(luma, stamp, (24, 44))
        _letter(luma, self._title, (24, HEIGHT - 24))
        _letter(luma, "演示画面 PRACTICE", (WIDTH - 290, 44))


def _seating(chance: random.Random) -> list[int]:
    """The order in which seats fill: the front rows mostly first, not in file."""
    return sorted(range(len(SEATS)), key=lambda place: SEATS[place].z_m + chance.uniform(0, 2.5))


def _phase(seconds: float, pace: float, number: int) -> int:
    return int((seconds * pace + number * 0.37) * _PHASES) % _PHASES


def _sway(canvas: NDArray[np.uint8], head: Head, at: tuple[float, float]) -> list[_Patch]:
    """The head at _PHASES places of a small closed path around `at`, blended with the still picture behind it."""
    reach = 0.06 * head.face_px
    margin = math.ceil(reach) + 2
    height, width = head.picture.shape[:2]
    left = math.floor(at[0] - head.anchor[0] - margin) // 2 * 2
    top = math.floor(at[1] - head.anchor[1] - margin) // 2 * 2
    wide = math.ceil((width + 2 * margin + 2) / 2) * 2
    high = math.ceil((height + 2 * margin + 2) / 4) * 4  # an I420 patch keeps its chroma in whole rows
    behind = canvas[top : top + high, left : left + wide].astype(np.float32)
    patches = []
    for phase in range(_PHASES):
        angle = 2 * math.pi * phase / _PHASES
        shift_x = at[0] - head.anchor[0] - left + reach * math.sin(angle)
        shift_y = at[1] - head.anchor[1] - top + 0.4 * reach * math.sin(2 * angle)
        move = np.array([[1, 0, shift_x], [0, 1, shift_y]], np.float32)
        picture = cv2.warpAffine(head.picture, move, (wide, high), flags=cv2.INTER_LINEAR).astype(np.float32)
        alpha = cv2.warpAffine(head.alpha, move, (wide, high), flags=cv2.INTER_LINEAR)[..., None]
        blend = np.round(picture * alpha + behind * (1 - alpha)).astype(np.uint8)
        planes = np.asarray(cv2.cvtColor(blend, cv2.COLOR_BGR2YUV_I420), np.uint8)
        quarter = high // 4
        u, v = (planes[high + quarter * i : high + quarter * (i + 1)].reshape(high // 2, wide // 2) for i in (0, 1))
        patches.append(_Patch(left, top, planes[:high], u, v))
    return patches


def _lay(canvas: I420, patch: _Patch) -> None:
    high, wide = patch.y.shape
    canvas[patch.top : patch.top + high, patch.left : patch.left + wide] = patch.y
    half_top, half_left = patch.top // 2, patch.left // 2
    chroma = canvas[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    window = np.s_[half_top : half_top + high // 2, half_left : half_left + wide // 2]
    chroma[0][window] = patch.u
    chroma[1][window] = patch.v


def _light(canvas: NDArray[np.uint8]) -> None:
    """Daylight from the windows on the left, a darker rim, and the softness of a cheap lens; in place."""
    x = np.linspace(0, 1, WIDTH, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None]
    light = 1.06 - 0.16 * x - 0.10 * ((x - 0.5) ** 2 + (y - 0.5) ** 2) * 2
    soft = cv2.GaussianBlur(canvas, (0, 0), 0.8)
    canvas[:] = np.clip(soft * light[..., None], 0, 255).astype(np.uint8)


def _letter(luma: NDArray[np.uint8], text: str, at: tuple[int, int]) -> None:
    font = cv2.FontFace("sans")
    for shift in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        cv2.putText(luma, text, (at[0] + shift[0], at[1] + shift[1]), (20,), font, 28, 500)
    cv2.putText(luma, text, at, (235,), font, 28, 500)
