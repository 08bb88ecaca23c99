"""What inspection records and rectifications say and hear over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from supervisor.rules.inspection import Check, Conclusion, InspectionKind, Item, Standing
from supervisor.rules.roll_call import Finding

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
WorkingDays = Annotated[int, Field(ge=1, le=366)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InspectionIn(_In):
    """`present`: as counted by the inspector. `items` that are not named were not checked. `demand`: what is to be set
    right, empty: nothing; `working_days` for it, None: as the class's rules say. `plan_id`: the sampling plan that drew
    the class."""

    class_id: UUID
    lesson_hour_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    kind: InspectionKind
    started_at: AwareDatetime
    ended_at: AwareDatetime
    present: Annotated[int, Field(ge=0, le=10_000)] | None = None
    items: dict[Item, Check] = {}
    findings: Annotated[list[Finding], Field(max_length=20)]
    words: Text = ""
    conclusion: Conclusion
    demand: Text = ""
    working_days: WorkingDays | None = None
    plan_id: UUID | None = None


class AnswerIn(_In):
    words: Words


class RulingIn(_In):
    """On the answer `seq`. Returned: with words, and a new term, None: as the class's rules say."""

    seq: Annotated[int, Field(ge=1)]
    accepted: bool
    words: Text = ""
    working_days: WorkingDays | None = None


class CodeOut(BaseModel):
    code: str
    zh: str
    en: str


class FormOut(BaseModel):
    items: list[CodeOut]
    findings: list[CodeOut]


class InspectedHour(BaseModel):
    """A lesson hour that was, or may be, inspected. `looked_at`: the caller has opened its recording."""

    id: UUID
    start: AwareDatetime
    end: AwareDatetime
    slot: int
    looked_at: bool


class InspectedClass(BaseModel):
    """What an inspector may enter a record of. Terms in working days: as the rules say, and the longest."""

    class_id: UUID
    class_no: str
    class_name: str
    working_days: int
    most_working_days: int
    hours: list[InspectedHour]


class RecordFigures(BaseModel):
    """Of the lesson hours, as the centre's register had them when the record was entered, leave aside: trainee hours
    expected and attended, and the lowest rate of one lesson hour."""

    expected: int
    attended: int
    lowest: float | None


class SignatureOut(BaseModel):
    account_id: UUID
    by: str
    side: Literal["county", "institution"]
    at: AwareDatetime


class PaperOut(BaseModel):
    sha256: str
    kind: str
    bytes: int
    at: datetime


class RoundOut(BaseModel):
    """`seq`: of the answer. `words`, `ruled_words`: None for who reads only how it stands."""

    seq: int
    due_at: AwareDatetime
    answered_at: AwareDatetime | None = None
    by: str | None = None
    words: str | None = None
    late: bool = False
    files: list[PaperOut] = []
    ruled_at: AwareDatetime | None = None
    ruled_by: str | None = None
    accepted: bool | None = None
    ruled_words: str | None = None


class InspectionOut(BaseModel):
    """`entered_late`: later than the rules' working days after the inspection. `late`: an answer came, or is missing,
    after its term; `overdue`: it is missing now."""

    id: UUID
    at: AwareDatetime
    account_id: UUID
    by: str
    class_id: UUID
    class_no: str
    class_name: str
    plan_id: UUID | None
    kind: InspectionKind
    lesson_hour_ids: list[UUID]
    started_at: AwareDatetime
    ended_at: AwareDatetime
    entered_late: bool
    present: int | None
    figures: RecordFigures
    items: dict[Item, Check]
    findings: list[Finding]
    words: str | None
    conclusion: Conclusion
    demand: str | None
    signatures: list[SignatureOut]
    standing: Standing
    due_at: AwareDatetime | None
    late: bool
    overdue: bool
    rounds: list[RoundOut]
