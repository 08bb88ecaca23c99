"""What a camera is, told and measured: its ONVIF answers, and a few seconds of its real main stream.

A camera's own word for codec, picture rate and key frames is often wrong ("smart" codecs above all), so the stream is
looked at. A fault in one part leaves the other parts standing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TypeVar

from pydantic import SecretStr

from config.clock import Clock
from device_adapters.cameras.onvif.profiles import live_profile, main_profile
from device_adapters.interfaces import (
    Camera,
    CameraFault,
    CameraTime,
    Certificate,
    DeviceInformation,
    MediaProfile,
    OnvifDevice,
    OnvifFault,
    Preset,
)

MEASURE_S = 12.0  # two key frames of a camera with one in 5 s, whenever we come in
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class MeasuredStream:
    """`gops`: pictures from each key frame to the next, in order; `gop_s` their median length, None when fewer than two
    key frames came; then it is longer than `seconds`."""

    codec: str
    width: int
    height: int
    seconds: float  # media time looked at
    fps: float | None
    bit_rate: int | None  # bit/s over `seconds`
    gops: tuple[int, ...]
    gop_s: float | None
    tells_time: bool  # RTCP sender reports came


@dataclass(frozen=True, slots=True)
class ProbeFault:
    """`part`: information | time | profiles | snapshot | presets | stream."""

    part: str
    kind: str  # of CameraFaultKind or OnvifFaultKind
    detail: str


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What was found. None or empty: not told, not asked (RTSP alone), or see `faults`."""

    address: str  # for people
    information: DeviceInformation | None
    time: CameraTime | None
    profiles: tuple[MediaProfile, ...]
    main: MediaProfile | None
    live: MediaProfile | None
    presets: tuple[Preset, ...]
    snapshot: bytes | None  # JPEG
    stream: MeasuredStream | None
    faults: tuple[ProbeFault, ...]
    certificate: Certificate | None = None  # None: no TLS


def probe_device(
    device: OnvifDevice,
    address: str,
    open_camera: Callable[[SecretStr], Camera],
    clock: Clock,
    *,
    measure_s: float = MEASURE_S,
) -> CameraReport:
    """Everything a connected ONVIF device and its main stream tell. Raises nothing of theirs: `faults` says it."""
    faults: list[ProbeFault] = []
    profiles = _try("profiles", device.profiles, faults) or ()
    main, live = main_profile(profiles), live_profile(profiles)
    stream: MeasuredStream | None = None
    presets: tuple[Preset, ...] = ()
    snapshot: bytes | None = None
    information = _try("information", device.information, faults)
    time = _try("time", device.time, faults)
    if main is not None:
        chosen = main
        snapshot = _try("snapshot", lambda: device.snapshot(chosen), faults)
        presets = _try("presets", lambda: device.presets(chosen), faults) or ()
        stream = _try(
            "stream", lambda: measure_stream(open_camera(device.stream_uri(chosen)), clock, measure_s), faults
        )
    return CameraReport(
        address, information, time, profiles, main, live, presets, snapshot, stream, tuple(faults),
        device.certificate,
    )  # fmt: skip


def probe_stream(camera: Camera, address: str, clock: Clock, *, measure_s: float = MEASURE_S) -> CameraReport:
    """What an RTSP address alone tells."""
    faults: list[ProbeFault] = []
    stream = _try("stream", lambda: measure_stream(camera, clock, measure_s), faults)
    return CameraReport(address, None, None, (), None, None, (), None, stream, tuple(faults))


def measure_stream(camera: Camera, clock: Clock, measure_s: float) -> MeasuredStream:
    """Look at the stream for `measure_s`. Raises CameraFault when not even that long a look is given."""
    stream = camera.open()
    try:
        began = clock.monotonic()
        size = count = 0
        first = last = 0
        since_key: int | None = None
        key_pts: list[int] = []
        gops: list[int] = []
        told = False
        for packet in stream.packets():
            first = packet.dts if count == 0 else first
            last = packet.dts
            count += 1
            size += len(packet.data)
            told |= packet.camera_ntp_us is not None
            if packet.is_keyframe:
                key_pts.append(packet.pts)
                if since_key is not None:
                    gops.append(since_key)
                since_key = 0
            if since_key is not None:
                since_key += 1
            if clock.monotonic() - began >= measure_s:
                break
        numerator, denominator = stream.info.time_base
        tick_s = numerator / denominator
        seconds = max(0.0, (last - first) * tick_s)
        between = [(later - earlier) * tick_s for earlier, later in pairwise(key_pts)]
        return MeasuredStream(
            codec=stream.info.codec,
            width=stream.info.width,
            height=stream.info.height,
            seconds=round(seconds, 3),
            fps=round((count - 1) / seconds, 2) if seconds else None,
            bit_rate=round(size * 8 / seconds) if seconds else None,
            gops=tuple(gops),
            gop_s=round(median(between), 3) if between else None,
            tells_time=told,
        )
    finally:
        stream.close()


def _try(part: str, ask: Callable[[], _T], faults: list[ProbeFault]) -> _T | None:
    try:
        return ask()
    except (OnvifFault, CameraFault) as fault:
        faults.append(ProbeFault(part, fault.kind.value, fault.detail))
        return None
