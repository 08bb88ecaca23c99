"""Encoded pictures without a camera: a real H.264 or H.265 stream of a moving square, one packet an access unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np

from config.clock import ManualClock
from device_adapters.interfaces import StreamInfo, VideoPacket
from edge_agent.capture.ledger import Ledger
from edge_agent.capture.timekeeping import ClockState, kernel_clock
from edge_agent.capture.writer import ConnectionWriter
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork, open_engine
from supervisor.rules.evidence import GapReason
from tests.support.databases import with_tables

INFO = StreamInfo("h264", 320, 180, b"", (1, 90_000))


@lru_cache(maxsize=8)
def encoded(
    seconds: float, fps: int = 25, gop: int = 25, width: int = 320, height: int = 180, codec: str = "libx264"
) -> tuple[VideoPacket, ...]:
    """`arrived_monotonic` is the picture's time from 0; parameter sets come with every key frame."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    encoder.gop_size = gop
    x265 = (
        f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:pools=1:frame-threads=1:repeat-headers=1:log-level=error"
    )
    encoder.options = (
        {"tune": "zerolatency", "preset": "ultrafast", "sc_threshold": "0"}
        if codec == "libx264"
        else {"preset": "ultrafast", "tune": "zerolatency", "x265-params": x265}
    )
    packets = []
    for number in range(round(seconds * fps) + 1):
        image = np.full((height, width, 3), 64, np.uint8)
        left = number * 4 % (width - 40)
        image[40:80, left : left + 40] = (40, 160, 220)
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        frame.pts, frame.time_base = number, Fraction(1, fps)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    tick = 90_000 // fps
    return tuple(
        VideoPacket(bytes(packet), packet.pts * tick, packet.dts * tick, packet.is_keyframe, packet.pts / fps, None)
        for packet in packets[: round(seconds * fps)]
    )


def delayed(packets: tuple[VideoPacket, ...], seconds: float) -> tuple[VideoPacket, ...]:
    """The same pictures later, in camera time and in arrival."""
    ticks = round(seconds * 90_000)
    return tuple(
        replace(one, pts=one.pts + ticks, dts=one.dts + ticks, arrived_monotonic=one.arrived_monotonic + seconds)
        for one in packets
    )


class Recording:
    """A box that records packets as the recorder does, on a clock that the packets move. `settle` commits and
    closes."""

    def __init__(self, folder: Path, clock: ManualClock, *, segment_s: float = 4, info: StreamInfo = INFO) -> None:
        self.clock = clock
        self.paths = BoxPaths(folder)
        self.work = UnitOfWork(open_engine(with_tables(self.paths.database_url, "box")))
        self._segment_s, self._info = segment_s, info
        self.ledger = Ledger(self.work, self.paths.recordings, "boot-1", clock)
        self.writer = self.connect()

    def connect(
        self, camera_id: str = "cam-1", read_clock: Callable[[], ClockState] = kernel_clock
    ) -> ConnectionWriter:
        self.camera_id = camera_id
        self.folder = self.paths.recordings / camera_id
        self.writer = ConnectionWriter(
            camera_id, self._info, self.folder, self.ledger, self.clock, self._segment_s, read_clock
        )
        return self.writer

    def feed(self, packets: tuple[VideoPacket, ...]) -> None:
        for packet in packets:
            self.clock.sleep(max(0.0, packet.arrived_monotonic - self.clock.monotonic()))
            self.writer.feed(packet)

    def settle(self, reason: GapReason | None = GapReason.NOT_RECORDED, *, wanted: bool = False) -> None:
        """`reason` None: leave the run as it is, as a killed process does."""
        if reason is not None:
            self.writer.end(reason, wanted=wanted)
        self.ledger.start()
        assert self.ledger.stop(limit_s=20)

    def files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.mp4*"))
