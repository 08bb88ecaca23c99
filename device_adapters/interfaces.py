"""The edges of the world at the site, as short protocols."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from config.clock import Clock

__all__ = ["Camera", "CameraFault", "CameraFaultKind", "Clock", "PacketStream", "StreamInfo", "VideoPacket"]


class CameraFaultKind(StrEnum):
    UNREACHABLE = "unreachable"  # refused, no route, name unknown
    UNAUTHORIZED = "unauthorized"  # wrong user or password: back off long, cameras lock accounts
    NOT_FOUND = "not_found"  # the camera answers, the stream path does not exist
    NOT_VIDEO = "not_video"  # it answers, but sends no video we can record
    STALLED = "stalled"  # connected, then silent for longer than the limit
    ENDED = "ended"  # the camera or the line closed the stream
    FORBIDDEN = "forbidden"  # the address is not one the site's configuration allows


class CameraFault(Exception):
    """Why a camera gives no pictures: a state of the world, not a mistake. `detail` never carries a password."""

    def __init__(self, kind: CameraFaultKind, detail: str = "") -> None:
        super().__init__(f"{kind.value}: {detail}" if detail else kind.value)
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class StreamInfo:
    codec: str  # h264 | hevc
    width: int
    height: int
    extradata: bytes  # parameter sets as the SDP gave them; may be empty
    time_base: tuple[int, int]  # seconds per tick as a fraction


@dataclass(frozen=True, slots=True)
class VideoPacket:
    """One access unit, as the camera sent it."""

    data: bytes
    pts: int  # ticks of StreamInfo.time_base
    dts: int
    is_keyframe: bool
    arrived_monotonic: float  # s
    # Camera's NTP time of this picture, µs since 1970 (RTCP sender report). Told with key frames; None: not told (yet).
    camera_ntp_us: int | None


class PacketStream(Protocol):
    info: StreamInfo

    def packets(self) -> Iterator[VideoPacket]:
        """Packets until the stream ends. Raises CameraFault (ENDED, STALLED, …); never blocks longer than its limit."""

    def close(self) -> None: ...


class Camera(Protocol):
    def open(self) -> PacketStream:
        """Connect and start the stream, within a time limit. Raises CameraFault."""
