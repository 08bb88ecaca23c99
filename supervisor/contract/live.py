"""Live pictures: what box and centre say to each other over the box's own WebSocket (`GET /api/box/live`, signed), and
the frames that reach the viewers as the box made them.

Text frames are JSON with a `type`; a type that one side does not know it leaves alone, so that more can be said over
this line later. Binary frames are ten octets of head and a payload: channel (0 … 255, given by the centre), kind,
capture time (epoch ms, unsigned, big endian). The box says `camera` for a channel before it sends the first frame on
it, so that a frame under way when a channel is given to another camera belongs to nobody.
"""

from __future__ import annotations

import json
import struct
from enum import IntEnum, StrEnum
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

HEAD = struct.Struct(">BBQ")
MAX_FRAME = 4 * 1024 * 1024
MAX_CAMERAS = 64
PATH = "/api/box/live"
HEARTBEAT_S = 10.0


class FrameKind(IntEnum):
    INIT = 0  # ftyp + moov
    FRAGMENT = 1  # moof + mdat of one picture
    PICTURE = 2  # JPEG
    KEY = 3  # a fragment that a player can begin with; viewers get it as FRAGMENT


class LiveState(StrEnum):
    ASKING = "asking"  # wished for, nothing has come yet
    VIDEO = "video"
    PICTURE = "picture"
    DOWN = "down"


class LiveReason(StrEnum):
    """Why there is no picture, or a still one where a moving one was wished for."""

    BOX_AWAY = "box_away"  # the box has no line to the centre
    NO_LESSON = "no_lesson"  # no lesson hour in this room now: there is nothing anybody may look at
    EXEMPT = "exempt"  # a class that is not filmed
    NOT_CONFIGURED = "not_configured"  # the box knows no address of the camera
    UNREACHABLE = "unreachable"  # this and the next: as CameraFaultKind
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    NOT_VIDEO = "not_video"
    STALLED = "stalled"
    ENDED = "ended"
    FORBIDDEN = "forbidden"
    CODEC = "codec"  # not H.264: browsers cannot be relied upon to play it
    SLOW_UPLINK = "slow_uplink"  # the site's line is too slow for moving pictures
    SLOW_VIEWER = "slow_viewer"  # the viewer's line is
    TOO_MANY = "too_many"  # the box streams as many cameras as it will


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Wanted(_Wire):
    """One camera; `fragments` and `pictures`: which of the two are looked at."""

    camera_id: UUID
    channel: Annotated[int, Field(ge=0, le=255)]
    fragments: bool
    pictures: bool


class Watch(_Wire):
    """Centre → box: the whole set each time; a camera not in it is let go."""

    type: Literal["watch"] = "watch"
    cameras: Annotated[tuple[Wanted, ...], Field(max_length=256)]


class CameraSays(_Wire):
    """Box → centre: how a camera stands, and that its frames come on `channel`."""

    type: Literal["camera"] = "camera"
    camera_id: UUID
    channel: Annotated[int, Field(ge=0, le=255)]
    state: LiveState
    codec: Annotated[str | None, Field(max_length=32, pattern=r"^avc1\.[0-9A-Fa-f]{6}$")] = None
    reason: LiveReason | None = None


Message = TypeVar("Message", bound=_Wire)


def frame(channel: int, kind: FrameKind, at_ms: int, payload: bytes) -> bytes:
    return HEAD.pack(channel, kind, at_ms) + payload


def parse(model: type[Message], text: str) -> Message | None:
    """None: another type of message, or none at all."""
    name = model.model_fields["type"].default
    try:
        said = json.loads(text)
        if not isinstance(said, dict) or said.get("type") != name:
            return None
        return model.model_validate(said)
    except (ValueError, ValidationError, RecursionError):
        return None
