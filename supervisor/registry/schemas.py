"""What the feed to the registry takes and shows: references, never names or ID numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Reason = Annotated[str, Field(min_length=4, max_length=500)]


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    reason: Reason


class DayIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    day: date


class MessageOut(BaseModel):
    id: UUID
    kind: str
    subject: str
    event_at: datetime
    due_at: datetime | None
    state: str
    tries: int
    next_try_at: datetime
    acknowledged_at: datetime | None
    registry_ref: str | None
    last_error: str | None


class LagOut(BaseModel):
    """Hours from event to acknowledgement, of one kind's events of one day. `late`: not acknowledged when due."""

    day: date
    kind: str
    events: int
    acknowledged: int
    late: int
    p50_h: float | None
    p95_h: float | None
    max_h: float | None


class DifferenceOut(BaseModel):
    id: UUID
    subject: str
    idempotency_key: str
    what: str
    fields: list[str]
    explanation: str | None


class ReportOut(BaseModel):
    """`open`: differences nobody has explained; 0 is what A-31 asks for."""

    id: UUID
    day: date
    made_at: datetime
    local_count: int
    registry_count: int
    open: int
    differences: list[DifferenceOut]


class Taken(BaseModel):
    acknowledged: int
    refused: int


class Overview(BaseModel):
    configured: bool
    counts: dict[str, int]
    refused: list[MessageOut]
    lag: list[LagOut]
    report: ReportOut | None
