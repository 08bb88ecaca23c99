"""A drawn classroom for the replay detector: one room, always the same seats and people, each day other movements.

Heads sway and lean, now and then somebody changes posture for good, a teacher walks at the front, light drifts, the
sensor is noisy and a clock is burnt in. Any moment of a day can be drawn, so a replay may fall between the key frames
of what it repeats. It is a drawing: no distance measured on it says anything about real rooms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from uuid import NAMESPACE_OID, uuid5

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.replay.fingerprint import fingerprints, small
from edge_agent.replay.track import Track

Grey = NDArray[np.uint8]
WIDE, HIGH = 640, 360
_HZ = 4.0
_SLACK = 256
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
    def walls(self) -> Grey:
        """The room without people."""
        chance = np.random.default_rng(1)
        room = np.full((HIGH, WIDE), 120, np.uint8)
        for _ in range(40):
            x, y = int(chance.integers(0, WIDE)), int(chance.integers(0, HIGH))
            w, h = int(chance.integers(20, 160)), int(chance.integers(10, 80))
            cv2.rectangle(room, (x, y), (x + w, y + h), int(chance.integers(60, 200)), -1)
        return np.asarray(cv2.GaussianBlur(room, (0, 0), 1.2), np.uint8)

    def picture(self, second: float, clock: str | None = None) -> Grey:
        """uint8[360, 640] at `second` of the day; `clock`: what is burnt in, otherwise the day's own time."""
        canvas = self.walls.copy()
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
                        (320, 320), 0, 0, 360, int(tone[-1 - who]), -1, cv2.LINE_AA, 4)  # fmt: skip
            cv2.ellipse(
                canvas, centre, (round(size * 16), round(size * 20)), 0, 0, 360, int(tone[who]), -1, cv2.LINE_AA, 4
            )
        light = 1 + 0.05 * np.sin(second / 200 + self.day)
        canvas = np.clip(canvas * np.float32(light) + grain(second + 1000 * self.day, 2.5), 0, 255).astype(np.uint8)
        cv2.putText(canvas, clock or f"day {self.day} {second:08.1f}", (12, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
        return canvas


def grain(second: float, sigma: float) -> NDArray[np.float32]:
    """Sensor noise: another part of one large sheet each moment."""
    x, y = np.random.default_rng(round(second * 1000)).integers(0, _SLACK, 2)
    return _sheet()[y : y + HIGH, x : x + WIDE] * np.float32(sigma)


@cache
def _sheet() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((HIGH + _SLACK, WIDE + _SLACK)).astype(np.float32)


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
        curved = cv2.LUT(picture, (255 * (np.arange(256) / 255) ** gamma).astype(np.float32))
        return np.clip(curved + grain(second + 0.1, noise), 0, 255).astype(np.uint8)

    return look


def off_a_screen(film: Film) -> Film:
    """Filmed off a monitor: perspective, softness, a bright frame, less contrast."""
    corners = np.array([[0, 0], [WIDE, 0], [WIDE, HIGH], [0, HIGH]], np.float32)
    seen = np.array([[14, 9], [WIDE - 8, 4], [WIDE - 16, HIGH - 10], [9, HIGH - 5]], np.float32)
    move = cv2.getPerspectiveTransform(corners, seen)

    def look(second: float) -> Grey:
        soft = cv2.GaussianBlur(film(second), (0, 0), 1.4)
        turned = cv2.warpPerspective(soft, move, (WIDE, HIGH), borderValue=(200,))
        return np.clip(turned * np.float32(0.8) + 30 + grain(second + 0.2, 3), 0, 255).astype(np.uint8)

    return look


def mirror(film: Film) -> Film:
    return lambda second: np.ascontiguousarray(film(second)[:, ::-1])


def faster(film: Film, speed: float) -> Film:
    return lambda second: film(second * speed)


def looped(film: Film, seconds: float) -> Film:
    return lambda second: film(second % seconds)


def later(film: Film, seconds: float) -> Film:
    return lambda second: film(second + seconds)


def key_frames(
    film: Film, seconds: float, group_s: float = 1, bit_rate: int = 500_000, fps: int = 1
) -> tuple[Grey, NDArray[np.int64]]:
    """What is left of a film after H.264, of its key frames: uint8[n, 27, 48] and their times in ms."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.bit_rate = WIDE, HIGH, "yuv420p", bit_rate
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    options = {"preset": "superfast", "tune": "zerolatency", "x264-params": "scenecut=0"}
    encoder.options = {**options, "g": str(round(group_s * fps))}
    decoder = av.CodecContext.create("h264", "r")
    pictures, at_ms = [], []
    for number in range(round(seconds * fps)):
        frame = av.VideoFrame.from_ndarray(film(number / fps), format="gray").reformat(format="yuv420p")
        frame.pts = number
        for packet in encoder.encode(frame):
            for decoded in decoder.decode(packet):
                if decoded.key_frame:
                    pictures.append(small(decoded.to_ndarray(format="gray").astype(np.uint8, copy=False)))
                    at_ms.append(round(number * 1000 / fps))
    return np.stack(pictures), np.array(at_ms, np.int64)


def track_of(
    pictures: Grey,
    at_ms: NDArray[np.int64],
    *,
    start_ms: int = 0,
    seconds: float = 300,
    camera: str = "camera",
    groups: Sequence[int] = (),
) -> Track:
    """A lesson hour of these key frames. `groups`: digests of groups that begin with them."""
    prints, moved = fingerprints(pictures, at_ms)
    return Track(
        lesson_hour_id=uuid5(NAMESPACE_OID, f"{camera} {start_ms}"),
        camera_id=uuid5(NAMESPACE_OID, camera),
        start_ms=start_ms,
        end_ms=start_ms + round(seconds * 1000),
        at_ms=at_ms + start_ms,
        prints=prints,
        moved=moved,
        group_ms=at_ms[: len(groups)] + start_ms,
        groups=np.array(groups, np.uint64),
    )
