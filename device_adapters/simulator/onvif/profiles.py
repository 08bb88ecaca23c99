"""The media profiles of a practice camera: what both media services describe, each in its own words."""

from __future__ import annotations

from dataclasses import dataclass

from device_adapters.simulator.encoder import BIT_RATE, FRAMES_PER_S, GOP_FRAMES
from device_adapters.simulator.onvif.soap import SoapFault, invalid
from device_adapters.simulator.room import HEIGHT, WIDTH
from device_adapters.simulator.script import CameraSpec


@dataclass(frozen=True, slots=True)
class Profile:
    token: str
    name: str
    path: str  # RTSP
    codec: str | None  # H264 | H265; None: a device that offers sound only
    width: int = 0
    height: int = 0
    frames_per_s: int = 0
    kbit_s: int = 0
    gop_frames: int = 0

    @property
    def snapshot_path(self) -> str:
        return f"/snapshot/{self.token}.jpg"


def profiles(spec: CameraSpec) -> tuple[Profile, ...]:
    """Main stream first. With `h265` the main one is described and not there: its path answers 404."""
    if not spec.has_video:
        return (Profile("main", "mainStream", spec.path, None),)
    real = (spec.path, "H264", WIDTH, HEIGHT, FRAMES_PER_S, BIT_RATE // 1000, GOP_FRAMES)
    if spec.onvif is not None and spec.onvif.h265:
        described = Profile("main", "mainStream", f"{spec.path}/h265", "H265", 1920, 1080, 25, 4096, 50)
        return (described, Profile("sub", "subStream", *real))
    return (Profile("main", "mainStream", *real), Profile("sub", "subStream", *real))


def find_profile(among: tuple[Profile, ...], token: str, *, with_video: bool = False) -> Profile:
    """Raises SoapFault ter:NoProfile, or ter:IncompleteConfiguration where a picture is wanted and there is none."""
    for profile in among:
        if profile.token == token:
            if with_video and profile.codec is None:
                raise SoapFault("env:Receiver", ["ter:Action", "ter:IncompleteConfiguration"], "no video source")
            return profile
    raise invalid("ter:NoProfile", "no profile has this token")
