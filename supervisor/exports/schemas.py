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


class ExportsWanted(BaseModel):
    """Which requests: of this lesson hour, of this class as a whole, those that nobody has answered; None: all."""

    lesson_hour_id: UUID | None = None
    class_id: UUID | None = None
    waiting: bool = False


class ExportOut(BaseModel):
    """`lesson_hour_id`, `start`, `slot` None: it is the archive of the whole class. `fetched`: how often. `expires_at`:
    once approved. `own`: asked by whoever reads this."""

    id: UUID
    lesson_hour_id: UUID | None
    class_id: UUID
    class_name: str
    class_no: str
    start: AwareDatetime | None
    slot: int | None
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
