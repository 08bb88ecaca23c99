"""What classes say and hear over HTTP. Local dates and times are those of Asia/Shanghai."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from supervisor.rules.evidence import ExemptKind, LessonKind

Text64 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Text128 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
LocalTime = Annotated[time, Field(description="HH:MM or HH:MM:SS in Asia/Shanghai, without an offset")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


Area = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Sector = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]


class InstitutionIn(_In):
    """`area` None: the centre's own region. `secret_related`: the county's word alone (A-29)."""

    name: Text128
    area: Area | None = None
    sector: Sector | None = None
    secret_related: bool = False


class InstitutionOut(BaseModel):
    id: UUID
    name: str
    area: str
    sector: str | None
    secret_related: bool


class RosterRow(_In):
    name: Text64
    id_number: Annotated[str, StringConstraints(strip_whitespace=True, max_length=32)]


class PlanRow(_In):
    """One row of the teaching plan: `lesson_hours` of them, spread evenly over [start, end). An end at or before the
    start is on the next day."""

    date: date
    start: LocalTime
    end: LocalTime
    lesson_hours: Annotated[int, Field(ge=1, le=24)]
    kind: LessonKind
    room_id: UUID
    teachers: Annotated[list[Text64], Field(min_length=1, max_length=10)]


class ClassIn(_In):
    """`profile`: the region profile valid on the opening day, which is also found when left out; the class keeps it.
    A draft may leave out roster and plan (A-02 asks at submission)."""

    institution_id: UUID
    class_no: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: Text128
    profile: Annotated[str, Field(max_length=64)] | None = None
    opening_day: date | None = None
    roster: Annotated[list[RosterRow], Field(min_length=1, max_length=1000)] = []
    plan: Annotated[list[PlanRow], Field(min_length=1, max_length=1000)] = []


class Approval(_In):
    """`exempt`: only the county frees a class from video (Q19)."""

    exempt: ExemptKind | None = None


class LessonHourOut(BaseModel):
    id: UUID
    slot: int
    start: AwareDatetime
    end: AwareDatetime


class SessionOut(BaseModel):
    id: UUID
    room_id: UUID
    kind: LessonKind
    start: AwareDatetime
    end: AwareDatetime
    teachers: list[str]
    code: str
    check_in_url: str
    lesson_hours: list[LessonHourOut]


class RosterOut(BaseModel):
    """`name` and `id_number` masked (L14)."""

    id: UUID
    name: str
    id_number: str
    status: str


class ClassSummary(BaseModel):
    """`profile_zh`, `profile_en`: what its rules are called; `demo`: they are the demo's. An approver reads them."""

    id: UUID
    institution_id: UUID
    class_no: str
    name: str
    status: str
    profile: str
    profile_zh: str
    profile_en: str
    demo: bool
    exempt: ExemptKind | None
    approved_at: AwareDatetime | None
    class_end: AwareDatetime


class ClassFileOut(BaseModel):
    sha256: str
    kind: str
    bytes: int
    at: AwareDatetime


class ClassOut(ClassSummary):
    roster: list[RosterOut]
    sessions: list[SessionOut]
