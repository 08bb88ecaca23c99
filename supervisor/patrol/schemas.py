"""What patrols say and hear over HTTP."""

from __future__ import annotations

from typing import Annotated
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
