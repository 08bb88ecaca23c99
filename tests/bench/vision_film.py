"""From the composed classroom to what a box gets to see: sensor noise, H.264, and only the key frames decoded again.

`film` encodes every one of 25 frames a second with its own noise at a given bit rate, so that the key frames get what
such a camera leaves them; what people do is drawn only `UNIQUE_FPS` times a second. `still` is the cheap way for many
hours: one picture, encoded alone at a quantiser (`STILL_QP`) as coarse as the film's key frames have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.vision.counter import Image
from tests.bench.vision_classroom import Classroom, Truth

FPS = 25
GOP_S = 2
UNIQUE_FPS = 2
STILL_QP = 30
_NOISE_SIGMA = 2.0  # of 255, in luma; twice that where the gain is up
_SLACK = 64


@dataclass(frozen=True, slots=True, eq=False)
class KeyFrame:
    at_ms: int
    image: Image
    truth: Truth
    bytes: int


class Noise:
    """Sensor noise: one field, laid on at another place each time."""

    def __init__(self, height: int, width: int, seed: int = 0) -> None:
        self._chance = np.random.default_rng(seed)
        field = np.round(self._chance.normal(0, _NOISE_SIGMA, (height + _SLACK, width + _SLACK)))
        self._field: NDArray[np.int8] = field.astype(np.int8)

    def on(self, luma: Image) -> Image:
        """uint8[H, W] with noise."""
        y, x = self._chance.integers(0, _SLACK, 2)
        height, width = luma.shape
        dark = 2 if luma[::16, ::16].mean() < 60 else 1
        part = self._field[y : y + height, x : x + width]
        return cv2.add(luma, part * dark, dtype=cv2.CV_8U)


def film(classroom: Classroom, bit_rates: tuple[int, ...], seed: int = 0) -> Iterator[dict[int, KeyFrame]]:
    """The key frames of the whole script, in order, by bit rate (bit/s): the same scene through each of them."""
    first, truth = classroom.picture(0)
    height, width = first.shape[:2]
    encoders = {rate: _encoder(width, height, rate) for rate in bit_rates}
    decoders = {rate: av.CodecContext.create("h264", "r") for rate in bit_rates}
    noise = Noise(height, width, seed)
    truths: dict[int, Truth] = {}
    planes, waiting = _planes(first), {rate: [] for rate in bit_rates}
    for number in range(round(classroom.script.seconds * FPS)):
        if number % (FPS // UNIQUE_FPS) == 0 or number % (FPS * GOP_S) == 0:
            image, truth = classroom.picture(number / FPS)
            planes = _planes(image)
        truths[number] = truth
        frame = planes.copy()
        frame[:height] = noise.on(planes[:height])
        for rate, encoder in encoders.items():
            waiting[rate] += _keys(encoder, frame, number, decoders[rate], truths)
        while all(waiting.values()):
            yield {rate: frames.pop(0) for rate, frames in waiting.items()}
    for rate, encoder in encoders.items():
        waiting[rate] += _keys(encoder, None, 0, decoders[rate], truths)
    while all(waiting.values()):
        yield {rate: frames.pop(0) for rate, frames in waiting.items()}


def still(image: Image, noise: Noise, qp: int = STILL_QP) -> Image:
    """One picture after noise and an intra frame of H.264 at quantiser `qp`."""
    height, width = image.shape[:2]
    planes = _planes(image)
    planes[:height] = noise.on(planes[:height])
    encoder = _encoder(width, height, None, qp)
    decoder = av.CodecContext.create("h264", "r")
    packets = [*encoder.encode(_frame(planes)), *encoder.encode(None)]
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return np.asarray(frames[0].to_ndarray(format="bgr24"), np.uint8)


def _keys(
    encoder: av.VideoCodecContext,
    planes: Image | None,
    number: int,
    decoder: av.VideoCodecContext,
    truths: dict[int, Truth],
) -> list[KeyFrame]:
    """Encode one frame (None: the end) and decode what key frame comes out."""
    frame = None if planes is None else _frame(planes)
    if frame is not None:
        frame.pts, frame.time_base = number, Fraction(1, FPS)
    found = []
    for packet in encoder.encode(frame):
        if packet.is_keyframe:
            at, size = int(packet.pts), packet.size
            decoded = decoder.decode(packet) or decoder.decode(None)
            decoder.flush_buffers()
            image = np.asarray(decoded[0].to_ndarray(format="bgr24"), np.uint8)
            found.append(KeyFrame(at * 1000 // FPS, image, truths[at], size))
    return found


def _encoder(width: int, height: int, bit_rate: int | None, qp: int = STILL_QP) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.gop_size = FPS * GOP_S
    encoder.thread_count = 1
    options = {"preset": "ultrafast" if bit_rate is None else "veryfast", "tune": "zerolatency", "sc_threshold": "0"}
    if bit_rate is None:
        options |= {"qp": str(qp)}
    else:
        encoder.bit_rate = bit_rate
        options |= {"maxrate": str(bit_rate), "bufsize": str(bit_rate * GOP_S), "keyint_min": str(FPS * GOP_S)}
    encoder.options = options
    return encoder


def _planes(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)


def _frame(planes: Image) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")
