"""What exams say and hear over HTTP."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Score = Annotated[Decimal, Field(ge=0, le=100, decimal_places=1)]
Text128 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    ABSENT = "absent"


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ResultIn(_In):
    roster_entry_id: UUID
    outcome: Outcome
    theory: Score | None = None
    practice: Score | None = None

    @model_validator(mode="after")
    def _absent(self) -> Self:
        if self.outcome is Outcome.ABSENT and (self.theory is not None or self.practice is not None):
            raise ValueError("who was absent has no score")
        return self


class ResultsIn(_In):
    """`evaluation_body`: who examined; None: the institution itself. `reason`: for corrections, which need one."""

    evaluation_body: Text128 | None = None
    reason: Reason | None = None
    results: Annotated[list[ResultIn], Field(min_length=1, max_length=1000)]


class ResultOut(BaseModel):
    version: int
    at: AwareDatetime
    outcome: Outcome
    theory: float | None
    practice: float | None
    evaluation_body: str | None
    decided_by: UUID
    reason: str | None


class ExamRow(BaseModel):
    """One trainee. `row`: in the roster, from 1. `checked_in`: to an exam session. `results`: newest first."""

    roster_entry_id: UUID
    row: int
    name: str
    status: str
    checked_in: bool
    results: list[ResultOut]


class ExamSession(BaseModel):
    id: UUID
    start: AwareDatetime
    end: AwareDatetime


class ExamOut(BaseModel):
    class_id: UUID
    status: str
    sessions: list[ExamSession]
    rows: list[ExamRow]
