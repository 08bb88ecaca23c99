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

from edge_agent.vision.counter import Image
from tests.bench.vision_classroom import Classroom, Truth

FPS = 25
GOP_S = 2
UNIQUE_FPS = 2
STILL_QP = 30
_NOISE_SIGMA = 2.0  # of 255, in luma
_DARK, _DARK_TIMES = 60, 4  # below that mean luma, four times over: twice the sigma
_SLACK = 64


@dataclass(frozen=True, slots=True, eq=False)
class KeyFrame:
    at_ms: int
    image: Image
    truth: Truth
    bytes: int


class Noise:
    """Sensor noise: one field, laid on at another place each time; stronger where the gain is up."""

    def __init__(self, height: int, width: int, seed: int = 0) -> None:
        self._chance = np.random.default_rng(seed)
        field = np.round(self._chance.normal(0, _NOISE_SIGMA, (height + _SLACK, width + _SLACK)))
        self._brighter = np.clip(field, 0, 255).astype(np.uint8)
        self._darker = np.clip(-field, 0, 255).astype(np.uint8)

    def on(self, luma: Image) -> None:
        """Into uint8[H, W]."""
        height, width = luma.shape
        for _ in range(_DARK_TIMES if luma[::16, ::16].mean() < _DARK else 1):
            y, x = self._chance.integers(0, _SLACK, 2)
            window = np.s_[y : y + height, x : x + width]
            cv2.add(luma, self._brighter[window], dst=luma)
            cv2.subtract(luma, self._darker[window], dst=luma)


def film(classroom: Classroom, bit_rates: tuple[int, ...], seed: int = 0) -> Iterator[dict[int, KeyFrame]]:
    """The key frames of the whole script, in order, by bit rate (bit/s): the same scene through each of them."""
    height, width = classroom.size
    encoders = {rate: _encoder(width, height, rate) for rate in bit_rates}
    decoders = {rate: av.CodecContext.create("h264", "r") for rate in bit_rates}
    truths: dict[int, Truth] = {}
    for number, (planes, truth) in enumerate(_frames(classroom, seed)):
        if number % (FPS * GOP_S) == 0:
            truths[number] = truth
        found = {rate: _key(encoders[rate], planes, number, decoders[rate], truths) for rate in bit_rates}
        if all(found.values()):  # zero latency: a picture comes out as it goes in
            yield {rate: frame for rate, frame in found.items() if frame}


def packets(classroom: Classroom, bit_rate: int, seed: int = 0) -> list[av.Packet]:
    """The whole script as H.264, every packet."""
    height, width = classroom.size
    encoder = _encoder(width, height, bit_rate)
    return [
        packet
        for number, (planes, _) in enumerate(_frames(classroom, seed))
        for packet in encoder.encode(_frame(planes, number))
    ]


def _frames(classroom: Classroom, seed: int) -> Iterator[tuple[Image, Truth]]:
    """I420 pictures, FPS a second, each with noise of its own, and what is true in them."""
    height, width = classroom.size
    noise = Noise(height, width, seed)
    for number in range(round(classroom.script.seconds * FPS)):
        if number % (FPS // UNIQUE_FPS) == 0 or number % (FPS * GOP_S) == 0:
            image, truth = classroom.picture(number / FPS)
            still_planes = _planes(image)
        planes = still_planes.copy()
        noise.on(planes[:height])
        yield planes, truth


def still(image: Image, noise: Noise, qp: int = STILL_QP) -> Image:
    """One picture after noise and an intra frame of H.264 at quantiser `qp`."""
    height, width = image.shape[:2]
    planes = _planes(image)
    noise.on(planes[:height])
    encoder = _encoder(width, height, None, qp)
    decoder = av.CodecContext.create("h264", "r")
    packets = [*encoder.encode(_frame(planes)), *encoder.encode(None)]
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return np.asarray(frames[0].to_ndarray(format="bgr24"), np.uint8)


def _key(
    encoder: av.VideoCodecContext,
    planes: Image,
    number: int,
    decoder: av.VideoCodecContext,
    truths: dict[int, Truth],
) -> KeyFrame | None:
    """Encode one picture; if it became a key frame, decode that alone, as the box does."""
    for packet in encoder.encode(_frame(planes, number)):
        if packet.is_keyframe:
            decoded = decoder.decode(packet) or decoder.decode(None)
            decoder.flush_buffers()
            image = np.asarray(decoded[0].to_ndarray(format="bgr24"), np.uint8)
            return KeyFrame(packet.pts * 1000 // FPS, image, truths[packet.pts], packet.size)
    return None


def _encoder(width: int, height: int, bit_rate: int | None, qp: int = STILL_QP) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.gop_size = FPS * GOP_S
    encoder.thread_count = 1
    options = {"preset": "ultrafast" if bit_rate is None else "superfast", "tune": "zerolatency", "sc_threshold": "0"}
    if bit_rate is None:
        options |= {"qp": str(qp)}
    else:
        encoder.bit_rate = bit_rate
        options |= {"maxrate": str(bit_rate), "bufsize": str(bit_rate * GOP_S), "keyint_min": str(FPS * GOP_S)}
    encoder.options = options
    return encoder


def _planes(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)


def _frame(planes: Image, number: int = 0) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, FPS)
    return frame
