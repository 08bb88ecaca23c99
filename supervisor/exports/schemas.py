"""Exports in and out."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from supervisor.lessons.schemas import ViewReason

Case = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class ExportState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"


class ExportIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: ViewReason
    case: Case


class ExportAnswerIn(BaseModel):
    """`text` is needed for a refusal."""

    model_config = ConfigDict(extra="forbid")
    approved: bool
    text: Words = ""


class ExportOut(BaseModel):
    """`fetched`: how often. `expires_at`: once approved. `own`: asked by whoever reads this."""

    id: UUID
    lesson_hour_id: UUID
    class_name: str
    class_no: str
    start: AwareDatetime
    slot: int
    reason: ViewReason
    case: str
    asked_by: str
    asked_at: AwareDatetime
    own: bool
    state: ExportState
    answered_by: str | None
    answered_at: AwareDatetime | None
    answer: str | None
    expires_at: AwareDatetime | None
    fetched: int
