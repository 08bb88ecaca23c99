"""What plan changes say and hear over HTTP. Local dates and times are those of Asia/Shanghai."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from supervisor.classes.schemas import LocalTime, Text64
from supervisor.rules.plan_change import ChangeKind, ChangeState

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Teachers = Annotated[list[Text64], Field(min_length=1, max_length=10)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: Reason


class _OfSession(_In):
    """`emergency`: of the same day; in force at once, to be confirmed by the county."""

    session_id: UUID
    emergency: bool = False


class Substitute(_OfSession):
    """替课."""

    kind: Literal["substitute"]
    teachers: Teachers


class Move(_OfSession):
    """调课. `room_id` None: the same room."""

    kind: Literal["move"]
    date: date
    start: LocalTime
    end: LocalTime
    room_id: UUID | None = None


class OtherRoom(_OfSession):
    """换场地."""

    kind: Literal["room"]
    room_id: UUID


class Cancel(_OfSession):
    """停课."""

    kind: Literal["cancel"]


class MakeupLesson(_In):
    """补课: one new lesson hour for each of `lesson_hour_ids`, which failed or were cancelled, in their order."""

    kind: Literal["makeup_lesson"]
    lesson_hour_ids: Annotated[list[UUID], Field(min_length=1, max_length=24)]
    date: date
    start: LocalTime
    end: LocalTime
    room_id: UUID
    teachers: Teachers


ChangeIn = Annotated[Substitute | Move | OtherRoom | Cancel | MakeupLesson, Field(discriminator="kind")]


class Decision(_In):
    """Why it is approved or refused."""


class ChangeOut(BaseModel):
    """`version`: of the plan this change made; None: it is not in force. `new_session_id`: the session held instead."""

    id: UUID
    class_id: UUID
    kind: ChangeKind
    emergency: bool
    state: ChangeState
    session_id: UUID
    new_session_id: UUID | None
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    asked_at: AwareDatetime
    decide_by: AwareDatetime
    decided_at: AwareDatetime | None
    decision_reason: str | None
    version: int | None


class PlanOut(BaseModel):
    """`version`: of the plan in force, from 1. `changes`: oldest first."""

    class_id: UUID
    version: int
    changes: list[ChangeOut]


class RoomChoice(BaseModel):
    """`watched`: it has an accepted camera; a lesson is moved to no other room."""

    id: UUID
    name: str
    watched: bool


class MakeableHour(BaseModel):
    """A lesson hour that a make-up lesson may stand in for. `cancelled`: it was not held at all."""

    id: UUID
    start: AwareDatetime
    end: AwareDatetime
    cancelled: bool


class Changeable(BaseModel):
    """What there is to choose from when a change is asked for. `confirm_hours`: within so many the county confirms an
    emergency."""

    confirm_hours: int
    rooms: list[RoomChoice]
    hours: list[MakeableHour]
