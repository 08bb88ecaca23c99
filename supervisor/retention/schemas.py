"""Legal holds over HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class HoldReason(StrEnum):
    CLAIM_UNPAID = "claim_unpaid"  # the subsidy is not settled yet
    COMPLAINT = "complaint"
    APPEAL = "appeal"
    AUDIT = "audit"
    INQUIRY = "inquiry"  # police, discipline inspection, court
    OTHER = "other"


class HoldIn(BaseModel):
    """Exactly one of class and lesson hour; `sha256`: one clip of the lesson hour. `expires_at` None: until lifted."""

    model_config = ConfigDict(extra="forbid")
    class_id: UUID | None = None
    lesson_hour_id: UUID | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    reason: HoldReason
    text: Text
    expires_at: AwareDatetime | None = None


class LiftIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: Text


class HoldOut(BaseModel):
    """`clips`: how many it covers that are still there. `active`: neither lifted nor expired."""

    id: UUID
    class_id: UUID
    lesson_hour_id: UUID | None
    sha256: str | None
    reason: HoldReason
    text: str
    placed_by: UUID
    placed_by_name: str
    placed_at: AwareDatetime
    expires_at: AwareDatetime | None
    lifted_by: UUID | None
    lifted_at: AwareDatetime | None
    active: bool
    clips: int
