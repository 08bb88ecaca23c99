"""What the box and its recorder process say to each other: JSON lines. Addresses and passwords travel on stdin,
never in the arguments, where every user of the machine could read them.

stdin:  one `RecorderConfig`, then any number of `Desired`; the end of stdin ends the recorder.
stdout: one `Heartbeat` a second.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_serializer

from config.settings import EdgeSettings
from supervisor.contract.state import CameraStatus


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecorderConfig(_Message):
    """The part of `EdgeSettings` the recorder needs."""

    data_dir: Path
    camera_networks: tuple[IPv4Network | IPv6Network, ...]
    segment_s: float
    stall_after_s: float
    min_free_bytes: int
    expected_bitrate: int

    @classmethod
    def of(cls, settings: EdgeSettings) -> RecorderConfig:
        return cls(
            data_dir=settings.data_dir,
            camera_networks=tuple(settings.camera_networks),
            segment_s=settings.segment_s,
            stall_after_s=settings.stall_after_s,
            min_free_bytes=settings.min_free_bytes,
            expected_bitrate=settings.expected_bitrate,
        )


class CameraWish(_Message):
    """A camera that should record now. `until_ms`: wall time at which it will be let go; None: not known, an hour is
    planned for. `room`: cameras of one room are admitted to the disk together. `url` may carry user and password."""

    camera_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    url: SecretStr
    transport: Literal["tcp", "udp"] = "tcp"
    until_ms: int | None = None
    room: str = ""

    @field_serializer("url", when_used="json")
    def _plain(self, url: SecretStr) -> str:
        return url.get_secret_value()


class Desired(_Message):
    """All cameras that should record now, whole: those not named stop."""

    desired: tuple[CameraWish, ...]


class CameraState(_Message):
    """What the recorder sees of one camera. `since_ms`: when it came into this status; `bytes`: written since its
    start."""

    status: CameraStatus
    since_ms: int
    detail: str = ""
    last_picture_ms: int | None = None
    bytes: int = 0


class Heartbeat(_Message):
    """`ready`: reconciliation of a previous life is done and the cameras are being served."""

    ready: bool
    cameras: dict[str, CameraState] = Field(default_factory=dict)
