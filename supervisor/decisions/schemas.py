"""What is said and heard over HTTP about the life of a verdict."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from supervisor.rules.evidence import ExemptKind
from supervisor.rules.verdict_life import Next, Reason, Result, Stage

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WordsIn(_In):
    words: Words


class DecisionIn(_In):
    """`version`: of the verdict the person saw. `words` must be said for a fail."""

    version: Annotated[int, Field(ge=1)]
    result: Result
    reason: Reason
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class FileOut(BaseModel):
    sha256: str
    kind: str
    bytes: int
    at: datetime


class ExplanationOut(BaseModel):
    """`words`: None for who reads only how it stands."""

    id: UUID
    at: datetime
    version: int
    by: str
    words: str | None
    files: list[FileOut]


class DecisionOut(BaseModel):
    """`answers`: `seq` of the decision that was objected to. `holds`: it is the one that counts."""

    seq: int
    at: datetime
    version: int
    signs: list[str]
    result: Result
    reason: Reason
    words: str | None
    by: str
    answers: int | None
    holds: bool


class ObjectionOut(BaseModel):
    id: UUID
    at: datetime
    decision: int
    by: str
    words: str | None


class RecheckOut(BaseModel):
    at: datetime
    day: date
    version: int


class LifeOut(BaseModel):
    """`version` 0: nothing was concluded yet. `may_*`: what the caller may do now."""

    lesson_hour_id: UUID
    stage: Stage
    next: Next
    since: datetime
    until: datetime | None
    final: bool
    version: int
    signs: list[str]
    may_explain: bool
    may_object: bool
    may_decide: list[Result]
    explanations: list[ExplanationOut]
    decisions: list[DecisionOut]
    objections: list[ObjectionOut]
    rechecks: list[RecheckOut]


class TodoOut(BaseModel):
    lesson_hour_id: UUID
    class_no: str
    class_name: str
    start: datetime
    end: datetime
    stage: Stage
    since: datetime
    until: datetime | None
    due_at: datetime
    version: int


class ExemptionIn(_In):
    """`valid_until`: its lessons are exempt too."""

    kind: ExemptKind
    basis: Words
    valid_until: date


class ExemptionOut(BaseModel):
    """`request_id`: of the request it grants; None: the county acted on its own."""

    id: UUID
    at: datetime
    kind: ExemptKind
    basis: str
    valid_until: date
    revoked_at: datetime | None
    request_id: UUID | None


class ExemptionRequestIn(ExemptionIn):
    """`file_sha256`: of a file of the class."""

    file_sha256: Digest


class ExemptionAnswerIn(_In):
    """`words` must be said for a refusal."""

    granted: bool
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class ExemptionRequestOut(BaseModel):
    """`granted` None: nobody has answered yet. `exemption_id`: what the answer made."""

    id: UUID
    at: datetime
    kind: ExemptKind
    basis: str
    valid_until: date
    file_sha256: str
    asked_by: str
    granted: bool | None
    words: str | None
    answered_at: datetime | None
    exemption_id: UUID | None


class PaperKind(StrEnum):
    COMMITMENT = "commitment"  # 承诺书
    ROSTER = "roster"
    ATTENDANCE = "attendance"
    PHOTOS = "photos"
    RESULTS = "results"
    OTHER = "other"


class PaperIn(_In):
    sha256: Digest
    kind: PaperKind


class PaperOut(BaseModel):
    sha256: str
    kind: PaperKind
    at: datetime


class OverdueOut(BaseModel):
    """An enterprise's class without papers. `due_at`: the end of its term."""

    class_id: UUID
    class_no: str
    class_name: str
    class_end: datetime
    due_at: datetime
