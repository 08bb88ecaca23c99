"""H.264 as an IP camera makes it: High profile, no B-frames, one slice a picture, a key frame every two seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

FRAMES_PER_S = 10
GOP_FRAMES = 20
BIT_RATE = 1_200_000  # bit/s

NAL_SLICE, NAL_IDR, NAL_SPS, NAL_PPS = 1, 5, 7, 8  # ITU-T H.264 table 7-1
_START_CODE = b"\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture: its NAL units without start codes; a key frame begins with SPS and PPS."""

    nals: tuple[bytes, ...]
    is_key: bool


class Encoder:
    """x264 without delay: a picture goes in, its access unit comes out. Not thread-safe."""

    def __init__(self, width: int, height: int, rate: int = FRAMES_PER_S, bit_rate: int = BIT_RATE) -> None:
        """`rate`: pictures a second; a key frame every two seconds all the same. `bit_rate`: bit/s."""
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, av.VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.framerate, codec.time_base = Fraction(rate), Fraction(1, rate)
        codec.bit_rate, codec.gop_size, codec.max_b_frames = bit_rate, GOP_FRAMES * rate // FRAMES_PER_S, 0
        codec.thread_count = 1
        codec.colorspace, codec.color_range = 6, 1  # SMPTE 170M, limited: what OpenCV's I420 is
        # One slice, because a receiver may take each slice of a key frame for a picture of its own.
        codec.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "profile": "high",
            "maxrate": str(bit_rate * 5 // 4),
            "bufsize": str(bit_rate * 5 // 4),
            "forced-idr": "1",
            "x264-params": "sliced-threads=0:slices=1:scenecut=0:repeat-headers=1",
        }
        self._codec = codec
        self._count = 0

    def encode(self, picture: NDArray[np.uint8]) -> AccessUnit:
        """`picture`: uint8[height * 3 // 2, width] I420."""
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = self._count
        self._count += 1
        data = b"".join(bytes(packet) for packet in self._codec.encode(frame))
        nals = tuple(nal for nal in split_nals(data) if nal[0] & 31 in (NAL_SLICE, NAL_IDR, NAL_SPS, NAL_PPS))
        return AccessUnit(nals, any(nal[0] & 31 == NAL_IDR for nal in nals))


def parameter_sets(width: int, height: int, rate: int = FRAMES_PER_S, bit_rate: int = BIT_RATE) -> tuple[bytes, bytes]:
    """(SPS, PPS) that every `Encoder` made with these sends: for an SDP written before the first picture."""
    grey = np.full((height * 3 // 2, width), 128, np.uint8)
    nals = {nal[0] & 31: nal for nal in Encoder(width, height, rate, bit_rate).encode(grey).nals}
    return nals[NAL_SPS], nals[NAL_PPS]


def split_nals(stream: bytes) -> Iterator[bytes]:
    """NAL units of an Annex B byte stream (ITU-T H.264 annex B), without start codes and trailing zeros."""
    start = stream.find(_START_CODE)
    while start >= 0:
        begin = start + len(_START_CODE)
        start = stream.find(_START_CODE, begin)
        nal = stream[begin : start if start >= 0 else len(stream)].rstrip(b"\x00")
        if nal:
            yield nal
