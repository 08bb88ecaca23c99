"""The edges of the world at the site, as short protocols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import SecretStr

from config.clock import Clock

__all__ = [
    "Camera",
    "CameraEvent",
    "CameraFault",
    "CameraFaultKind",
    "CameraTime",
    "Certificate",
    "Clock",
    "DeviceInformation",
    "MediaProfile",
    "OnvifDevice",
    "OnvifFault",
    "OnvifFaultKind",
    "PacketStream",
    "Preset",
    "SenderReport",
    "StreamInfo",
    "VideoPacket",
]


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
class SenderReport:
    """What a camera says it has sent so far (RFC 3550 §6.4.1). The counts begin again at 2**32."""

    ssrc: int  # another one: another count
    packets: int
    octets: int  # of RTP payload


@dataclass(slots=True)
class VideoPacket:
    """One access unit, as the camera sent it. Nobody changes it; to freeze it would make it twice as dear, 25 times a
    second and camera."""

    data: bytes
    pts: int  # ticks of StreamInfo.time_base
    dts: int
    is_keyframe: bool
    arrived_monotonic: float  # s
    # Camera's NTP time of this picture, µs since 1970 (RTCP sender report). Told with key frames; None: not told (yet).
    camera_ntp_us: int | None
    report: SenderReport | None = None  # came while this picture did; the same one may come with the next as well


class PacketStream(Protocol):
    info: StreamInfo

    def packets(self) -> Iterator[VideoPacket]:
        """Packets until the stream ends. Raises CameraFault (ENDED, STALLED, …); never blocks longer than its limit."""

    def close(self) -> None: ...


class Camera(Protocol):
    def open(self) -> PacketStream:
        """Connect and start the stream, within a time limit. Raises CameraFault."""


class OnvifFaultKind(StrEnum):
    UNREACHABLE = "unreachable"  # refused, no route, name unknown
    SILENT = "silent"  # connected, then no whole answer within the limit
    UNAUTHORIZED = "unauthorized"  # wrong user or password
    NOT_ONVIF = "not_onvif"  # something answers, but not in ONVIF's language
    REFUSED = "refused"  # the device understood and says no, or does not offer this
    GARBAGE = "garbage"  # it speaks ONVIF, but this answer makes no sense
    FORBIDDEN = "forbidden"  # the address is not one the site's configuration allows
    CERTIFICATE = "certificate"  # not the one by which the camera was known


class OnvifFault(Exception):
    """Why an ONVIF call gave nothing. `detail` never carries a password."""

    def __init__(self, kind: OnvifFaultKind, detail: str = "") -> None:
        super().__init__(f"{kind.value}: {detail}" if detail else kind.value)
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """As the device tells it (tds:GetDeviceInformation): plain text, at most 200 characters each."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    hardware: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """Of a camera spoken to over TLS. `sha256`: its fingerprint, `AB:CD:…`. `is_known`: it was the one expected; False:
    nobody knew it before, and nothing vouches for it but that it was there first."""

    sha256: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class CameraTime:
    """The device's clock against this machine's: camera = here + `offset_s` ± `uncertainty_s`."""

    offset_s: float
    uncertainty_s: float
    by_ntp: bool  # the device says that it follows an NTP server; not that it reaches one


@dataclass(frozen=True, slots=True)
class MediaProfile:
    """One stream a camera offers. What it does not tell is None."""

    token: str
    name: str
    service: str  # media1 | media2: which of the two services told it, and gives its addresses
    codec: str  # h264 | hevc | jpeg | mpeg4 | … ; empty: no video
    width: int  # px
    height: int
    fps: float | None
    bit_rate: int | None  # bit/s, the encoder's limit
    gop: int | None  # pictures from one key frame to the next
    audio: bool
    ptz: bool


@dataclass(frozen=True, slots=True)
class Preset:
    token: str
    name: str


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """One notification (tt:Message). `at` is the camera's clock, not ours; None: not told."""

    topic: str  # as sent: tns1:VideoSource/MotionAlarm
    at: datetime | None
    operation: str  # Initialized | Changed | Deleted | empty
    source: Mapping[str, str]
    data: Mapping[str, str]


class OnvifDevice(Protocol):
    """A connected camera's management side. Every method is bounded in time and raises OnvifFault."""

    @property
    def certificate(self) -> Certificate | None:
        """None: so far no TLS was spoken."""

    def information(self) -> DeviceInformation: ...

    def time(self) -> CameraTime: ...

    def profiles(self) -> tuple[MediaProfile, ...]: ...

    def stream_uri(self, profile: MediaProfile) -> SecretStr:
        """rtsp:// address with user and password in it, checked against the site's networks."""

    def snapshot(self, profile: MediaProfile) -> bytes:
        """One JPEG, at most 8 MiB."""

    def presets(self, profile: MediaProfile) -> tuple[Preset, ...]:
        """Empty where the camera does not move."""

    def go_to(self, profile: MediaProfile, preset: Preset) -> None: ...

    def events(self, for_s: float) -> Iterator[CameraEvent]:
        """What the camera reports for `for_s` seconds, then the end. The subscription is given back however the
        iteration ends."""

    def close(self) -> None: ...
