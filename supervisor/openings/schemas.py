"""What opening applications say and hear over HTTP."""

from __future__ import annotations

import datetime as dt
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from supervisor.rules.evidence import LessonKind

Text64 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Text16 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Hours = Annotated[int, Field(ge=0, le=10_000)]
Kind = Literal["occupation", "evaluation_body"]
"""Of a catalogue."""
MOST_PHOTOS = 50
"""Of one verification, of one word on the truth of an element."""


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AssessmentIn(_In):
    """`body`: code of the evaluation body, or `own` for the institution's own exam."""

    method: Text64 | None = None
    date: dt.date | None = None
    pass_mark: Annotated[int, Field(ge=0, le=1000)] | None = None
    body: Text64 | None = None
    reason: Reason | None = None


class OpeningIn(_In):
    kind: Literal["ORDER", "PROJECT", "ENTERPRISE_STAFF", "APPRENTICE", "STARTUP"]
    occupation_code: Text16
    occupation_name: Text64
    level: Text16
    teaching_language: Literal["普通话"] | None = None
    theory_hours: Hours
    practice_hours: Hours
    resources: Annotated[list[Text64], Field(max_length=50)] = []
    assessment: AssessmentIn = AssessmentIn()
    extra: Annotated[dict[Text64, Text64], Field(max_length=20)] = {}


class CommitmentIn(_In):
    kind: Literal["trainee_statement", "hire_intent", "institution_notice"]
    roster_entry_id: UUID | None = None
    text_version: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    text_sha256: Sha256
    photo_sha256: Sha256 | None = None


class SignIn(_In):
    """`sha256`: of the content that the person was shown."""

    sha256: Sha256


class ReviewIn(_In):
    """`photos`: SHA-256 of files of the class, handed in before."""

    element: Text64
    result: Literal["true", "false", "not_checked"]
    reason: Reason = ""
    photos: Annotated[list[Sha256], Field(max_length=MOST_PHOTOS)] = []


class ReturnIn(_In):
    """Element → what is to be done about it."""

    reasons: Annotated[dict[Text64, Reason], Field(min_length=1, max_length=20)]


class EndIn(_In):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ScopeLine(_In):
    occupation: Text16
    level: Text16


class LicenceIn(_In):
    licence_no: Text64
    kind: Literal["school", "private", "enterprise_centre", "other"]
    valid_from: date
    valid_to: date | None = None
    scope: Annotated[list[ScopeLine], Field(min_length=1, max_length=500)]


class WithdrawalIn(_In):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class WithdrawalOut(BaseModel):
    """`by`: the name of who did it."""

    at: AwareDatetime
    by: str
    reason: str


class CatalogueLine(_In):
    code: Text64
    name: Text64
    level: Annotated[str, StringConstraints(max_length=16)] = ""


class CatalogueHead(_In):
    kind: Kind
    version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
    valid_from: date
    valid_to: date | None = None


class CatalogueIn(CatalogueHead):
    lines: Annotated[list[CatalogueLine], Field(min_length=1, max_length=2000)]


class CatalogueWithdrawalIn(WithdrawalIn):
    kind: Kind
    version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]


class VerificationIn(_In):
    """`photos`: their SHA-256; the bytes may follow."""

    day: date
    passed: bool
    capacity: Annotated[int, Field(ge=0, le=10_000)]
    inspectors: Annotated[list[Text64], Field(min_length=2, max_length=10)]
    photos: Annotated[list[Sha256], Field(max_length=MOST_PHOTOS)] = []


class AggregateIn(_In):
    first_day: date
    last_day: date
    heads: Annotated[int, Field(ge=0, le=1_000_000)]


class Made(BaseModel):
    id: UUID


class PhotoOut(BaseModel):
    """A photo whose bytes are at the centre."""

    sha256: str
    kind: str
    bytes: int
    at: AwareDatetime


class FindingOut(BaseModel):
    code: str
    level: str
    element: str
    zh: str
    en: str


class ReviewOut(BaseModel):
    """`photos`: SHA-256 of files of the class."""

    kind: str
    element: str
    result: str
    reason: str
    photos: list[str]
    current: bool


class OpeningOut(BaseModel):
    """`sha256`: of the whole content; `signed`: the responsible person signed exactly this."""

    status: str
    profile: str
    opening_day: date
    application: OpeningIn | None
    elements: dict[str, bool]
    sha256: str
    signed: bool
    findings: list[FindingOut]
    reviews: list[ReviewOut]


class Listed(BaseModel):
    """A line of the county's catalogue. `level`: of an occupation."""

    code: str
    name: str
    level: str


class CatalogueOut(BaseModel):
    """A version of a catalogue. `valid_to`: as entered; `last_day`: until when it is in force, for the next version may
    begin before (before `valid_from`: never); None: no end is known. `withdrawn`: before it began, for good."""

    kind: Kind
    version: str
    valid_from: date
    valid_to: date | None
    last_day: date | None
    in_force: bool
    lines: int
    entered_at: AwareDatetime
    withdrawn: WithdrawalOut | None


class CatalogueLines(BaseModel):
    total: int
    items: list[Listed]


class PlannedSession(BaseModel):
    """A row of the plan as the timetable gave it. `content`, `textbook` empty, `identified` False: it did not come from
    a timetable."""

    start: AwareDatetime
    end: AwareDatetime
    lesson_hours: int
    kind: LessonKind
    room: str
    teachers: list[str]
    identified: bool
    content: str
    textbook: str


class MadeCommitment(BaseModel):
    """The newest of its kind and person; `roster_entry_id` None: the institution's."""

    kind: str
    roster_entry_id: UUID | None
    text_version: str
    text_sha256: str
    at: AwareDatetime


class Preparation(BaseModel):
    """What who prepares an opening needs to see beside the application. `rooms`: site and name of the institution's;
    `signed_by` and `signed_at`: of the content as it is now. `submitted_at`: last."""

    institution: str
    extra_elements: list[str]
    class_max: int
    occupations: list[Listed]
    bodies: list[Listed]
    rooms: list[tuple[str, str]]
    sessions: list[PlannedSession]
    commitments: list[MadeCommitment]
    signed_by: str | None
    signed_at: AwareDatetime | None
    submitted_at: AwareDatetime | None

    @property
    def room_names(self) -> list[str]:
        """As a timetable writes them."""
        return [name for _, name in self.rooms]


class PlanImported(BaseModel):
    rows: int
    lesson_hours: int
    stored: bool
