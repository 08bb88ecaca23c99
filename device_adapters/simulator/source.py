"""What a practice camera sends each tenth of a second: an encoded classroom picture, or sound only."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device_adapters.simulator.classroom import Classroom
from device_adapters.simulator.encoder import FRAMES_PER_S, Encoder, parameter_sets
from device_adapters.simulator.room import HEIGHT, WIDTH
from device_adapters.simulator.rtp import h264_payloads
from device_adapters.simulator.sdp import sound_sdp, video_sdp

DYNAMIC_TYPE = 96


@dataclass(frozen=True, slots=True)
class Unit:
    """The RTP payloads of one instant; the last carries the marker bit."""

    payloads: tuple[bytes, ...]
    is_key: bool  # a receiver can begin here


class Source(Protocol):
    sdp: str
    payload_type: int
    rate: int  # units a second
    ticks: int  # RTP timestamp units between two units

    def restart(self) -> None:
        """The next unit is one a receiver can begin with."""

    def take(self, at: datetime) -> Unit:
        """The unit of the instant `at` on the camera's clock. Takes some ms of processor time."""


class ClassroomSource:
    """The classroom as H.264. `frozen` and `dark` are faults of the sensor."""

    payload_type, rate, ticks = DYNAMIC_TYPE, FRAMES_PER_S, 90_000 // FRAMES_PER_S

    def __init__(self, classroom: Classroom, title: str) -> None:
        self.classroom = classroom
        self.people = classroom.people
        self.frozen = False
        self.dark = False
        self.sdp = video_sdp(title, DYNAMIC_TYPE, *parameter_sets(WIDTH, HEIGHT), rate=FRAMES_PER_S)
        self._encoder = Encoder(WIDTH, HEIGHT)
        self._last: NDArray[np.uint8] | None = None
        self._drawing = threading.Lock()

    def restart(self) -> None:
        self._encoder = Encoder(WIDTH, HEIGHT)

    def look(self, at: datetime) -> NDArray[np.uint8]:
        """The picture of the instant, I420; the caller may not change it. For any thread."""
        with self._drawing:
            if self._last is None or not self.frozen:
                self.classroom.seat(self.people)
                self._last = self.classroom.picture(at, dark=self.dark)
            return self._last

    def take(self, at: datetime) -> Unit:
        unit = self._encoder.encode(self.look(at))
        return Unit(tuple(h264_payloads(unit.nals)), unit.is_key)


class SilenceSource:
    """A camera without a picture: µ-law silence."""

    payload_type, rate, ticks = 0, FRAMES_PER_S, 8000 // FRAMES_PER_S

    def __init__(self, title: str) -> None:
        self.sdp = sound_sdp(title)

    def restart(self) -> None:
        pass

    def take(self, at: datetime) -> Unit:
        return Unit((b"\xff" * self.ticks,), True)
