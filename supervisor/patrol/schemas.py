"""What patrols say and hear over HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from supervisor.lessons.schemas import ViewReason
from supervisor.rules.roll_call import Answer, Finding


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PatrolIn(_In):
    """`cameras`: those of the lesson hour's room that were looked through."""

    lesson_hour_id: UUID
    cameras: Annotated[list[UUID], Field(min_length=1, max_length=20)]
    reason: ViewReason = ViewReason.ROUTINE


class AnswersIn(_In):
    answers: Annotated[dict[UUID, Answer], Field(min_length=1, max_length=100)]


class ClosingIn(_In):
    findings: Annotated[list[Finding], Field(max_length=20)] = []
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class RollCallOut(BaseModel):
    """`drawn` is `supervisor.rules.sampling.draw` of `seed` and `candidates`. `answers`: roster entry → answer."""

    id: UUID
    at: AwareDatetime
    seed: str
    among: str
    candidates: list[str]
    drawn: list[str]
    answers: dict[str, Answer]


class PatrolOut(BaseModel):
    """`unfinished`: open for longer than the class's rules allow. It is never closed by itself."""

    id: UUID
    class_id: UUID
    lesson_hour_id: UUID
    account_id: UUID
    cameras: list[UUID]
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None
    unfinished: bool
    findings: list[Finding]
    text: str
    roll_calls: list[RollCallOut]


class FindingOut(BaseModel):
    code: Finding
    zh: str
    en: str


class Trouble(StrEnum):
    """What of a running lesson hour asks for a person at the wall."""

    OUTAGE = "outage"  # no picture
    NOBODY = "nobody"  # well begun, and nobody to be seen
    FEW = "few"  # fewer in the picture than the rules ask for
    LATE = "late"  # the newest picture is old


class NotSigned(StrEnum):
    """Why a tile of a round gave no patrol."""

    NOTHING_SHOWN = "nothing_shown"
    NOT_WATCHED = "not_watched"  # the record knows of no live picture of this camera in this lesson hour
    NOT_RUNNING = "not_running"
    NO_FINDING = "no_finding"  # left out by the person
    BEING_PATROLLED = "being_patrolled"  # by a patrol of the same person that is still open


class RoundTileIn(ClosingIn):
    """`shown_ms`: for how long the tile showed a picture in this round. Without `findings` it is left out."""

    lesson_hour_id: UUID
    camera_id: UUID | None = None
    shown: Literal["video", "picture", "nothing"]
    shown_ms: Annotated[int, Field(ge=0, le=24 * 3600 * 1000)] = 0


class RoundIn(_In):
    draw_id: UUID | None = None
    tiles: Annotated[list[RoundTileIn], Field(min_length=1, max_length=16)]


class RoundTileOut(BaseModel):
    lesson_hour_id: UUID
    camera_id: UUID | None
    shown: str
    shown_ms: int
    reason: NotSigned | None
    patrol_id: UUID | None


class RoundOut(BaseModel):
    """A group of the wall that was signed off: who, when, and which tiles were truly showing."""

    id: UUID
    at: AwareDatetime
    account_id: UUID
    draw_id: UUID | None
    tiles: list[RoundTileOut]


class DrawOut(BaseModel):
    """`drawn` is `supervisor.rules.sampling.draw` of `seed` and `candidates`: lesson hour ids."""

    id: UUID
    at: AwareDatetime
    account_id: UUID
    seed: str
    candidates: list[str]
    drawn: list[str]


class DismissalIn(_In):
    lesson_hour_id: UUID
    trouble: Trouble
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class MarkIn(_In):
    """`sha256`: of the snapshot's file."""

    lesson_hour_id: UUID
    camera_id: UUID
    kind: Literal["bookmark", "snapshot"]
    sha256: Annotated[str | None, StringConstraints(pattern="^[0-9a-f]{64}$")] = None


class MarkOut(BaseModel):
    id: UUID
    at: AwareDatetime
    kind: str
    sha256: str | None
