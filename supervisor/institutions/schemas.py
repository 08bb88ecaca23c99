"""What is said over HTTP of how an institution stands."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from supervisor.openings.schemas import PhotoOut, ScopeLine, WithdrawalOut
from supervisor.sampling.schemas import Grade


class Licensed(StrEnum):
    VALID = "valid"
    AHEAD = "ahead"  # the earliest begins after today
    EXPIRED = "expired"
    NONE = "none"  # none was ever entered, or every one was withdrawn


class StandingOut(BaseModel):
    """Today. `licensed_until`: the last day of what is valid, or was; None: no end is known, or no licence. `verified`:
    of its rooms those whose newest verification is positive and not over. `grade` None: none was given."""

    id: UUID
    name: str
    area: str
    sector: str | None
    secret_related: bool
    licensed: Licensed
    licensed_until: date | None
    rooms: int
    verified: int
    grade: Grade | None


class LicenceOut(BaseModel):
    """`withdrawn`: it was entered by mistake, and counts no more."""

    id: UUID
    licence_no: str
    kind: str
    valid_from: date
    valid_to: date | None
    scope: list[ScopeLine]
    entered_at: AwareDatetime
    withdrawn: WithdrawalOut | None


class VerificationOut(BaseModel):
    """`photos`: their SHA-256; `kept`: those whose bytes are at the centre."""

    id: UUID
    day: date
    valid_to: date
    passed: bool
    capacity: int
    inspectors: list[str]
    photos: list[str]
    kept: list[PhotoOut]
    entered_at: AwareDatetime


class RoomRecord(BaseModel):
    """`verifications`: the newest first, which counts. `verified`: it is positive and not over."""

    id: UUID
    site_id: UUID
    site: str
    name: str
    verified: bool
    verifications: list[VerificationOut]


class GradeOut(BaseModel):
    """`by`: who entered it."""

    id: UUID
    grade: Grade
    valid_from: date
    basis: str
    by: str
    at: AwareDatetime


class TotalOut(BaseModel):
    id: UUID
    first_day: date
    last_day: date
    heads: int
    at: AwareDatetime


class InstitutionRecord(StandingOut):
    """Everything that was entered of it, the newest first."""

    licences: list[LicenceOut]
    room_list: list[RoomRecord]
    grades: list[GradeOut]
    totals: list[TotalOut]
