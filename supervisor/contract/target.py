"""The target state the box polls (plan sync): what it should be doing, whole, by ETag.

`GET /api/box/target` answers 304 while nothing changed. The box keeps the last one and works from it for days. Camera
addresses and passwords are not in it: they stay in the site's own configuration.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from config.profile import RegionProfile
from supervisor.contract.log import Sha256
from supervisor.rules.evidence import ExemptKind, LessonKind


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetCamera(_Wire):
    camera_id: UUID
    code: str  # the name the site's own configuration knows it by, e.g. room-a
    room_id: UUID
    room_name: str
    zone: str
    accepted: bool
    podium_in_zone: bool  # teachers are visible in the zone, so they are required too (Q12)


class TargetAttendance(_Wire):
    """As `supervisor.rules.evidence.Attendance`, with the time the centre computed it."""

    as_of: AwareDatetime
    present: tuple[str, ...]  # opaque roster references
    on_leave: tuple[str, ...]
    roster: Annotated[int, Field(ge=0)]
    teachers: Annotated[int, Field(ge=0)]


class TargetLesson(_Wire):
    """One lesson hour of an *approved* class. Others are not sent: training never runs before its opening is
    approved."""

    lesson_hour_id: UUID
    class_no: str
    class_name: str
    room_id: UUID
    kind: LessonKind
    start: AwareDatetime
    end: AwareDatetime
    exempt: ExemptKind | None
    profile: str  # key into TargetState.profiles: the version of the class's opening day
    attendance: TargetAttendance


class TargetState(_Wire):
    """`held`: lesson hours under a legal hold: their recordings stay. `resend`: clips the centre lost or found damaged,
    wanted again. `faces_withdrawn`: roster references whose face templates go at once (PIPL art. 15)."""

    box_id: UUID
    generated_at: AwareDatetime
    cameras: tuple[TargetCamera, ...]
    lessons: tuple[TargetLesson, ...]  # from two days back to seven days ahead
    profiles: dict[str, RegionProfile]
    held: tuple[UUID, ...] = ()
    resend: tuple[Sha256, ...] = ()
    faces_withdrawn: tuple[str, ...] = ()
