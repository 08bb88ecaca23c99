"""What a practice camera is told to do, and when: the configuration file of `python -m device_adapters.simulator`.

{"port": 8554, "user": "camera", "password_file": "camera.password",
 "cameras": [{"path": "/room-101", "room": "101", "people": 12, "onvif": {"port": 8080},
              "script": [{"at_s": 60, "action": {"do": "people", "count": 8}}]}]}
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from config.errors import LessonProofError
from device_adapters.simulator.classroom import MAX_PEOPLE
from device_adapters.simulator.onvif.spec import OnvifFaultKind, OnvifSpec


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


PeopleCount = Annotated[int, Field(ge=0, le=MAX_PEOPLE)]
PositiveSeconds = Annotated[float, Field(gt=0, le=86400)]


class People(_Model):
    """So many people are in the room from now on: some leave, or come."""

    do: Literal["people"] = "people"
    count: PeopleCount


class Drop(_Model):
    """The line is cut: connections to this camera end, and new ones are closed without an answer for `for_s`."""

    do: Literal["drop"] = "drop"
    for_s: PositiveSeconds = 3


class DropEvery(_Model):
    """The line is cut again and again: for `down_s` out of every `period_s`, the first time after one period."""

    do: Literal["drop_every"] = "drop_every"
    period_s: PositiveSeconds
    down_s: PositiveSeconds

    @model_validator(mode="after")
    def _line_comes_back(self) -> DropEvery:
        if self.down_s >= self.period_s:
            raise ValueError("down_s must be shorter than period_s")
        return self


class Freeze(_Model):
    """The sensor hangs: the same picture, its burnt-in clock too, encoded again and again."""

    do: Literal["freeze"] = "freeze"


class Black(_Model):
    """Something covers the lens; the burnt-in clock goes on."""

    do: Literal["black"] = "black"


class Stall(_Model):
    """The connection stays open, and nothing at all is sent: no picture, no answer."""

    do: Literal["stall"] = "stall"


class Normal(_Model):
    """Every fault ends, a wrong clock too. The people stay."""

    do: Literal["normal"] = "normal"


class ClockOffset(_Model):
    """The camera's clock (burnt in, and in sender reports) is this many seconds ahead; negative: behind."""

    do: Literal["clock_offset"] = "clock_offset"
    offset_s: Annotated[float, Field(ge=-10 * 365 * 86400, le=10 * 365 * 86400)]


class OnvifFault(_Model):
    """The ONVIF side alone goes wrong, the stream goes on; null ends it."""

    do: Literal["onvif_fault"] = "onvif_fault"
    fault: OnvifFaultKind | None


Action = Annotated[
    People | Drop | DropEvery | Freeze | Black | Stall | Normal | ClockOffset | OnvifFault, Field(discriminator="do")
]


class Step(_Model):
    at_s: Annotated[float, Field(ge=0)]  # seconds after the script's start
    action: Action


class CameraSpec(_Model):
    path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)+$")]
    room: Annotated[str, Field(max_length=40)] = "101"  # burnt into the picture and written on the board
    people: PeopleCount = 12
    seed: int = 0  # which faces sit where
    has_video: bool = True  # false: a device that offers sound only
    # `clock`: no room but bars that say when each picture was taken, 25 a second: for measuring delays (stamp.py).
    picture: Literal["classroom", "clock"] = "classroom"
    onvif: OnvifSpec | None = None  # None: RTSP only
    script: tuple[Step, ...] = ()
    script_starts: AwareDatetime | None = None  # None: when the camera is ready


class ServerSpec(_Model):
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8554  # 0: any free one
    user: Annotated[str, Field(pattern=r'^[^":\s\x00-\x1f]+$')] = "camera"
    password: SecretStr | None = None  # None: from password_file
    password_file: Path | None = None  # made with a new random password if it is not there
    discovery: bool = False  # answer WS-Discovery (UDP 3702) for the cameras with ONVIF
    cameras: Annotated[tuple[CameraSpec, ...], Field(min_length=1, max_length=32)]

    @model_validator(mode="after")
    def _paths_differ(self) -> ServerSpec:
        if len({camera.path for camera in self.cameras}) != len(self.cameras):
            raise ValueError("two cameras have the same path")
        return self

    @model_validator(mode="after")
    def _can_be_discovered(self) -> ServerSpec:
        if self.discovery and not re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}", self.host, re.ASCII):
            raise ValueError("discovery needs the IPv4 address of an interface as host")
        if self.discovery and not any(camera.onvif for camera in self.cameras):
            raise ValueError("discovery needs a camera with onvif")
        return self


def load_spec(path: Path) -> ServerSpec:
    """Raises LessonProofError PRACTICE_CAMERA_CONFIG, which names the field that is wrong."""
    try:
        return ServerSpec.model_validate_json(path.read_bytes())
    except OSError as error:
        raise _invalid(path, error.strerror or "unreadable", None) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _invalid(path, first["msg"], ".".join(str(part) for part in first["loc"])) from None


def _invalid(path: Path, detail: str, where: str | None) -> LessonProofError:
    place = f"{path}: {where}" if where else str(path)
    return LessonProofError(
        "PRACTICE_CAMERA_CONFIG",
        zh=f"模拟摄像机配置 {place} 不正确:{detail}",
        en=f"practice camera configuration {place}: {detail}",
        where=where,
    )
