"""Spans as JSON: times of the recording in epoch milliseconds, states by their codes."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

from supervisor.contract.span import SpanFailure, SpanGap
from supervisor.contract.wire import EpochMs
from supervisor.lessons.schemas import ViewReason
from supervisor.spans.models import SpanState

LONGEST_MS = 15 * 60_000


class SpanIn(BaseModel):
    """[start, end) of one camera, epoch ms, inside one lesson hour."""

    model_config = ConfigDict(extra="forbid")
    camera_id: UUID
    start: EpochMs
    end: EpochMs
    reason: ViewReason

    @model_validator(mode="after")
    def _a_stretch(self) -> Self:
        if not 0 < self.end - self.start <= LONGEST_MS:
            raise ValueError("ends before it begins, or is longer than 15 minutes")
        return self


class SpanFileOut(BaseModel):
    """What the box cut. `entry`: the entry of the box's signed log that names it."""

    sha256: str
    bytes: int
    start: int
    end: int
    media_ms: int
    entry: int


class SpanOut(BaseModel):
    """`wait_until`: until then the box may bring it. `box_silent`: nothing is heard of the box now. `held`: bytes here.
    `gaps`: what of the stretch the box has no pictures of. `playable`: it is here and can be played."""

    id: UUID
    lesson_hour_id: UUID
    camera_id: UUID
    camera_code: str
    start: int
    end: int
    reason: ViewReason
    who: str
    asked_at: AwareDatetime
    state: SpanState
    wait_until: AwareDatetime
    box_silent: bool
    file: SpanFileOut | None
    held: Annotated[int, "bytes"]
    gaps: list[SpanGap]
    failure: SpanFailure | None
    playable: bool
    retain_until: AwareDatetime | None
