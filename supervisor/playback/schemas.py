"""One room's day as JSON: every time in epoch milliseconds, every state by its code."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from supervisor.contract.wire import EpochMs
from supervisor.lessons.schemas import LessonPhase
from supervisor.rules.evidence import ExcludedReason, GapReason, LessonKind
from supervisor.rules.verdict import ReasonCode, VerdictState
from supervisor.spans.schemas import SpanOut

Pair = tuple[int, int]


class ClipState(StrEnum):
    """Whether the centre can play a clip."""

    HERE = "here"
    WAITING = "waiting"  # on its way from the box
    AGAIN = "again"  # the archive lost or damaged it; the box was asked again
    DAMAGED = "damaged"  # no video that can be played
    DELETED = "deleted"  # after its term


class DayClip(BaseModel):
    camera_id: UUID
    sha256: str
    start: int
    end: int
    state: ClipState


class DayLesson(BaseModel):
    """`required`: people the rule asks for, None: not known. `window`: the best stretch. `raw_until`: so long the box
    keeps everything else it recorded, unless it is held."""

    lesson_hour_id: UUID
    class_id: UUID
    class_name: str
    slot: int
    kind: LessonKind
    start: int
    end: int
    phase: LessonPhase
    demo: bool
    state: VerdictState | None
    reasons: list[ReasonCode]
    required: int | None
    window: Pair | None
    peak: int | None
    told: bool  # the box reported evidence
    raw_until: date
    clips: list[DayClip]


class DayGap(BaseModel):
    start: int
    end: int
    reason: GapReason


class DayExcluded(BaseModel):
    start: int
    end: int
    reason: ExcludedReason


class DayCamera(BaseModel):
    """As the evidence of the day's lesson hours tells; between them nothing is told."""

    camera_id: UUID
    code: str
    spans: list[Pair]
    gaps: list[DayGap]
    excluded: list[DayExcluded]


class CheckedIn(BaseModel):
    """How many were checked in, from each time on, until `end`: of one session."""

    end: int
    steps: list[Pair]


class DayMark(BaseModel):
    at: int
    direction: str


class DayPatrol(BaseModel):
    """`end` None: not closed."""

    start: int
    end: int | None
    who: str


class BookmarkOut(BaseModel):
    id: UUID
    lesson_hour_id: UUID
    camera_id: UUID | None
    moment: int
    note: str
    who: str
    at: int


class RoomDay(BaseModel):
    """`counts`, `seated`: people in the room as [time, number], of single pictures and of people in their places;
    `every`: how far apart two of them may usually be. Patrols and spans of raw recording are told to those who
    may read them."""

    room_id: UUID
    room: str
    site: str
    institution: str
    day: date
    whole: Pair
    every: int
    lessons: list[DayLesson]
    cameras: list[DayCamera]
    counts: list[Pair]
    seated: list[Pair]
    checked_in: list[CheckedIn]
    marks: list[DayMark]
    patrols: list[DayPatrol]
    bookmarks: list[BookmarkOut]
    spans: list[SpanOut]


class RoomChoice(BaseModel):
    """A room with lesson hours on `day`; `states`: of their verdicts, in the order of time."""

    room_id: UUID
    room: str
    site: str
    institution: str
    day: date
    classes: list[str]
    states: list[VerdictState | None]
    start: AwareDatetime
    end: AwareDatetime
    clips: int  # that can be played now


class Choices(BaseModel):
    """`day` None: rooms of the search, each on its own last day. `days`: the latest with lesson hours, newest first."""

    day: date | None
    days: list[date]
    rooms: list[RoomChoice]


class BookmarkIn(BaseModel):
    """`at`: the moment it points at, epoch ms."""

    model_config = ConfigDict(extra="forbid")
    at: EpochMs
    camera_id: UUID | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class SnapshotOut(BaseModel):
    """What the centre keeps of a picture taken out of a clip."""

    id: UUID
    sha256: str
    bytes: Annotated[int, Field(gt=0)]
    width: int
    height: int
    lesson_hour_id: UUID
    camera_id: UUID
    camera_code: str
    clip_sha256: str
    moment: int
    who: str
    unit: str
    at: AwareDatetime


class ParallelClip(BaseModel):
    """A clip of one of the class's lesson hours, to be watched beside others."""

    lesson_hour_id: UUID
    slot: int
    day: date
    camera_id: UUID
    camera_code: str
    sha256: str
    start: int
    end: int
