"""Camera pictures for picture health: drawn classrooms, a photograph with sensor noise, light, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from device_adapters.simulator.classroom import Classroom
from device_adapters.simulator.encoder import Encoder
from device_adapters.simulator.faces import load_photograph
from edge_agent.vision.counter import Image
from tests.support.fixtures_models import solvay_path
from tests.support.moving_room import MovingRoom

WIDE, HIGH = 1280, 720
STARTS = datetime(2026, 11, 26, 2, tzinfo=UTC)

Scene = Callable[[float], Image]
"""Second → what the sensor sees, without a clock."""
Change = Callable[[Image], Image]


def classroom(title: str, people: int, seed: int) -> Scene:
    solvay_path()
    room = Classroom(load_photograph(), title, people, seed)

    def look(second: float) -> Image:
        drawn = room.picture(STARTS + timedelta(seconds=second))
        return np.asarray(cv2.cvtColor(drawn, cv2.COLOR_YUV2BGR_I420), np.uint8)

    return look


def drawn_room(people: int = 22) -> Scene:
    room = MovingRoom(1, seconds=400, people=people)

    def look(second: float) -> Image:
        return np.asarray(cv2.cvtColor(cv2.resize(room.picture(second), (WIDE, HIGH)), cv2.COLOR_GRAY2BGR), np.uint8)

    return look


def photograph(noise: float = 1.5) -> Scene:
    """Nobody moves: only the sensor's noise tells that it lives."""
    whole = cv2.resize(cv2.imread(str(solvay_path())), (WIDE, 926), interpolation=cv2.INTER_AREA)
    still = whole[100 : 100 + HIGH].astype(np.float32)
    return lambda second: np.clip(still + grain(second, noise), 0, 255).astype(np.uint8)


@cache
def _sheet() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((HIGH + 128, WIDE + 128)).astype(np.float32)


def grain(second: float, sigma: float) -> NDArray[np.float32]:
    x, y = np.random.default_rng(round(second * 1000)).integers(0, 128, 2)
    return (_sheet()[y : y + HIGH, x : x + WIDE] * np.float32(sigma))[..., None]


def scenes() -> dict[str, Scene]:
    return {
        "12 people": classroom("101", 12, 0),
        "20 people": classroom("305", 20, 5),
        "empty": classroom("空", 0, 2),
        "drawn": drawn_room(),
        "photograph": photograph(),
    }


def with_clock(picture: Image, second: float) -> Image:
    """Burnt in by the camera, whatever its sensor sees; over the one a classroom may have."""
    picture = picture.copy()
    stamp = (STARTS + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")
    cv2.rectangle(picture, (18, 14), (352, 52), tuple(int(part) for part in picture[60, 200]), -1)
    font = cv2.FontFace("sans")
    for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        cv2.putText(picture, stamp, (24 + x, 44 + y), (20, 20, 20), font, 28, 500)
    cv2.putText(picture, stamp, (24, 44), (235, 235, 235), font, 28, 500)
    return picture


def key_frames(pictures: Iterable[Image], bit_rate: int = 1_000_000) -> list[Image]:
    """What H.264 leaves of key frames 2 s apart, when each gets 40 % of the bits of its two seconds."""
    coded = round(bit_rate * 0.4)
    encoder, decoder, kept = None, av.CodecContext.create("h264", "r"), []
    for number, picture in enumerate(pictures):
        if encoder is None:
            encoder = av.CodecContext.create("libx264", "w")
            assert isinstance(encoder, av.VideoCodecContext)
            encoder.height, encoder.width, encoder.pix_fmt = *picture.shape[:2], "yuv420p"
            encoder.bit_rate, encoder.time_base, encoder.framerate = coded, Fraction(2), Fraction(1, 2)
            encoder.thread_count = 1
            limits = {"maxrate": str(coded), "bufsize": str(coded * 2), "g": "1"}
            encoder.options = {"preset": "superfast", "tune": "zerolatency", "x264-params": "scenecut=0", **limits}
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = number
        for packet in encoder.encode(frame):
            kept += [np.asarray(one.to_ndarray(format="bgr24"), np.uint8) for one in decoder.decode(packet)]
    return kept


def streamed(pictures: Iterable[Image]) -> list[Image]:
    """The key frames, every twentieth picture, of what the practice camera's own encoder makes of ten a second."""
    encoder, decoder, kept = None, av.CodecContext.create("h264", "r"), []
    for picture in pictures:
        encoder = encoder or Encoder(picture.shape[1], picture.shape[0])
        unit = encoder.encode(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8))
        packet = av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit.nals))
        shown = decoder.decode(packet)
        if unit.is_key:
            kept += [np.asarray(one.to_ndarray(format="bgr24"), np.uint8) for one in shown]
    return kept


# What light does, within reason.
LIGHT: dict[str, Change] = {
    "as it was": lambda picture: picture,
    "half": lambda picture: _scaled(picture, np.float32(0.5)),
    "a third": lambda picture: _scaled(picture, np.float32(0.33)),
    "bright": lambda picture: _scaled(picture, np.float32(1.25)),
    "gamma 2": lambda picture: np.asarray(cv2.LUT(picture, _gamma(2)), np.uint8),
    "window": lambda picture: _scaled(picture, np.linspace(1.5, 0.5, WIDE, dtype=np.float32)[None, :, None]),
    "one lamp": lambda picture: _scaled(picture, _lamp()),
}


def turned(picture: Image, *, right: float = 0, down: float = 0, degrees: float = 0, zoom: float = 1) -> Image:
    """The camera was moved; `right` and `down` as shares of the width."""
    height, width = picture.shape[:2]
    move = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
    move[:, 2] += right * width, down * width
    return np.asarray(cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def crowded(picture: Image, share: float, seed: int = 0) -> Image:
    """People stand in front, until they hide so much of the picture."""
    chance = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    picture, hidden = picture.copy(), np.zeros((height, width), np.uint8)
    while np.count_nonzero(hidden) < share * hidden.size:
        at = (int(chance.integers(0, width)), int(height * chance.uniform(0.6, 0.9)))
        size = (int(width * chance.uniform(0.05, 0.09)), int(height * chance.uniform(0.3, 0.5)))
        cv2.ellipse(picture, at, size, 0, 0, 360, tuple(int(tone) for tone in chance.integers(20, 210, 3)), -1)
        cv2.ellipse(hidden, at, size, 0, 0, 360, 1, -1)
    return picture


def blurred(picture: Image, sigma_1080p: float) -> Image:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_1080p * picture.shape[1] / 1920), np.uint8)


def behind_a_hand(second: float, share: float = 1.0, picture: Image | None = None) -> Image:
    """Something dim, soft and near over the lower `share` of the lens; light shines in at one side."""
    light = np.linspace(90, 50, WIDE, dtype=np.float32)[None, :, None] * np.array([0.6, 0.8, 1.1], np.float32)
    hand = np.clip(np.broadcast_to(light, (HIGH, WIDE, 3)) + grain(second, 2), 0, 255).astype(np.uint8)
    if picture is not None:
        hand[: round(HIGH * (1 - share))] = picture[: round(HIGH * (1 - share))]
    return hand


def _scaled(picture: Image, by: NDArray[np.float32] | np.float32) -> Image:
    return np.clip(picture * by, 0, 255).astype(np.uint8)


def _gamma(power: float) -> NDArray[np.uint8]:
    return np.round(255 * (np.arange(256) / 255) ** power).astype(np.uint8)


@cache
def _lamp() -> NDArray[np.float32]:
    y, x = np.mgrid[0:HIGH, 0:WIDE].astype(np.float32)
    return (0.35 + 1.1 * np.exp(-((x - 0.7 * WIDE) ** 2 + (y - 0.2 * HIGH) ** 2) / (0.1 * WIDE**2)))[..., None]
