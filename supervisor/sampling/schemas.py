"""What sampling says and hears over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Grade = Literal["A", "B", "C", "D"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CreditIn(_In):
    grade: Grade
    valid_from: date
    basis: Annotated[str, StringConstraints(strip_whitespace=True), Field(min_length=1, max_length=2000)]


class CreditOut(BaseModel):
    id: UUID
    institution_id: UUID
    grade: Grade
    valid_from: date
    at: AwareDatetime


class PlanIn(_In):
    """Both days are in the period. `idempotency_key`: made by who asks, one per draw, the same for every retry."""

    first_day: date
    last_day: date
    idempotency_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


class CandidateOut(BaseModel):
    """`stratum`: the institution's sector, empty when it has none."""

    class_id: UUID
    stratum: str
    grade: Grade


class InspectedOut(BaseModel):
    """What became of a drawn class: its first inspection record. `signed`: those of its inspectors who did."""

    inspection_id: UUID
    at: AwareDatetime
    signed: list[UUID]


class PlanOut(BaseModel):
    """`drawn`: class → its inspectors. `done`: of the drawn classes those with an inspection record. `repeats`: the
    draw, made again just now, gave the same."""

    id: UUID
    at: AwareDatetime
    first_day: date
    last_day: date
    seed: str
    rates: dict[str, float]
    each: int
    candidates: list[CandidateOut]
    inspectors: list[UUID]
    drawn: dict[UUID, list[UUID]]
    done: dict[UUID, InspectedOut]
    repeats: bool


class PlanListed(BaseModel):
    """Classes: how many there were to draw from, how many were drawn, and how many of those are done."""

    id: UUID
    at: AwareDatetime
    first_day: date
    last_day: date
    candidates: int
    drawn: int
    done: int
