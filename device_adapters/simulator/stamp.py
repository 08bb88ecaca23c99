"""A picture that says when it was taken, in bars a machine reads: what a sub-stream of a real camera looks like to the
network (640x360, 25 pictures a second, half a megabit), for measuring how late a picture is where it is seen.

The top `BAR_HEIGHT` rows are 32 cells of 20 pixels, white for one, black for zero, most significant first: 24 bits of
milliseconds since 1970, modulo 2**24, and 8 bits that are the exclusive or of those three octets, inverted.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from config.clock import epoch_ms
from device_adapters.simulator.encoder import Encoder, parameter_sets
from device_adapters.simulator.rtp import h264_payloads
from device_adapters.simulator.sdp import video_sdp
from device_adapters.simulator.source import DYNAMIC_TYPE, Unit

WIDTH, HEIGHT, BAR_HEIGHT = 640, 360, 24
RATE = 25
BIT_RATE = 500_000  # bit/s
BITS = 32
_BLACK, _WHITE = 16, 235


class StampSource:
    payload_type, rate, ticks = DYNAMIC_TYPE, RATE, 90_000 // RATE

    def __init__(self, title: str) -> None:
        self.sdp = video_sdp(title, DYNAMIC_TYPE, *parameter_sets(WIDTH, HEIGHT, RATE, BIT_RATE), rate=RATE)
        rng = np.random.default_rng(1)
        texture = rng.integers(60, 180, (HEIGHT // 8, WIDTH // 4), dtype=np.uint8)
        self._texture = np.kron(texture, np.ones((8, 8), np.uint8))  # twice as wide as the picture: it drifts
        self._encoder = Encoder(WIDTH, HEIGHT, RATE, BIT_RATE)
        self._number = 0

    def restart(self) -> None:
        self._encoder = Encoder(WIDTH, HEIGHT, RATE, BIT_RATE)

    def take(self, at: datetime) -> Unit:
        self._number += 1
        picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        drift = self._number % WIDTH
        picture[BAR_HEIGHT:HEIGHT] = self._texture[BAR_HEIGHT:, drift : drift + WIDTH]
        picture[:BAR_HEIGHT] = np.repeat(_bits(epoch_ms(at)), WIDTH // BITS)
        unit = self._encoder.encode(picture)
        return Unit(tuple(h264_payloads(unit.nals)), unit.is_key)


def _bits(at_ms: int) -> NDArray[np.uint8]:
    time = (at_ms % 2**24).to_bytes(3, "big")
    octets = np.frombuffer(time + bytes((time[0] ^ time[1] ^ time[2] ^ 0xFF,)), np.uint8)
    return np.where(np.unpackbits(octets) == 1, _WHITE, _BLACK).astype(np.uint8)
