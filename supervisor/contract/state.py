"""What the box says of itself every few seconds, for the wall and the alarms. Not evidence: never stored as history."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from supervisor.contract.sealing import SealingKey


class CameraStatus(StrEnum):
    """Observed, never desired: RECORDING means bytes grew on disk within the last seconds."""

    RECORDING = "recording"
    IDLE = "idle"  # no lesson wants it
    CONNECTING = "connecting"
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    NOT_VIDEO = "not_video"
    STALLED = "stalled"
    DISK_FULL = "disk_full"
    FORBIDDEN = "forbidden"
    NOT_CONFIGURED = "not_configured"  # the site's configuration has no address for it


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CameraReport(_Wire):
    camera_id: UUID
    status: CameraStatus
    since: AwareDatetime
    detail: Annotated[str, Field(max_length=300)] = ""  # for a person; never a password
    last_picture_at: AwareDatetime | None
    people: int | None  # last count
    people_at: AwareDatetime | None
    bytes_recorded: Annotated[int, Field(ge=0)]


class LessonProgress(_Wire):
    """ "10-minute evidence: 6:20 so far, 38 of 39"."""

    lesson_hour_id: UUID
    longest_joined_ms: int
    needed_ms: int
    required: int | None
    people: int | None


class DiskReport(_Wire):
    total_bytes: int
    free_bytes: int
    admission_ok: bool  # False: the next lesson's recording would be refused


class BoxState(_Wire):
    """`POST /api/box/state`. `sealing_key`: trainees' selfies are sealed to it; None: this box takes none."""

    at: AwareDatetime
    version: str
    cameras: tuple[CameraReport, ...]
    lessons: tuple[LessonProgress, ...]
    disk: DiskReport
    backlog_entries: Annotated[int, Field(ge=0)]
    backlog_clips: Annotated[int, Field(ge=0)]
    sealing_key: SealingKey | None = None
