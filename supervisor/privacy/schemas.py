"""What the privacy routes say and hear."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from supervisor.lessons.schemas import ViewReason
from supervisor.selfies.schemas import SelfieView

Words500 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Purpose(StrEnum):
    """Each its own tick, none preset (L02). `NOTICE`: the notice was read; it is no consent to anything."""

    NOTICE = "notice"
    FACE = "face"
    SELFIE = "selfie"
    LOCATION = "location"
    REGISTRY = "registry"


class NoticeOut(BaseModel):
    version: str  # SHA-256 of both texts
    zh: str
    en: str


class ConsentIn(_In):
    purpose: Purpose
    given: bool
    text_version: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PaperConsentIn(ConsentIn):
    """Entered by the institution or the desk from a signed sheet."""

    how: Literal["paper", "desk"] = "paper"


class ConsentOut(BaseModel):
    purpose: Purpose
    given: bool
    how: str
    text_version: str
    at: AwareDatetime


class RevealIn(_In):
    field: Literal["name", "id_number"]
    reason: ViewReason


class RevealOut(BaseModel):
    field: str
    value: str


class RightsKind(StrEnum):
    ACCESS = "access"
    COPY = "copy"
    CORRECT = "correct"
    DELETE = "delete"
    EXPLAIN = "explain"


class RightsIn(_In):
    kind: RightsKind
    words: Words500


class RightsAnswerIn(_In):
    """`new_name`: for a correction; it is applied with the answer."""

    result: Literal["done", "refused"]
    words: Words500
    new_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] | None = None


class RightsAnswerOut(BaseModel):
    result: str
    words: str
    at: AwareDatetime


class RightsOut(BaseModel):
    id: UUID
    roster_entry_id: UUID
    trainee: str  # masked
    class_no: str
    kind: RightsKind
    words: str
    how: str
    created_at: AwareDatetime
    due_at: AwareDatetime
    overdue: bool
    answer: RightsAnswerOut | None


class ViewOut(BaseModel):
    """One line of the viewing register."""

    at: AwareDatetime
    name: str
    unit: str
    what: str
    reason: str
    ip: str
    lesson_hour_id: UUID
    class_no: str


class ViewsWanted(BaseModel):
    """Which lines of the register: `text` stands in the viewer's name or unit; `class_no` is the class's; both days at
    the site, and in it; None and empty: all."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = ""
    class_no: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = ""
    first_day: date | None = None
    last_day: date | None = None


class RevealLine(BaseModel):
    """`field`: name | id_number | history (all there is of one person in a class, masked)."""

    at: AwareDatetime
    name: str
    unit: str
    field: str
    reason: str
    roster_entry_id: UUID


class SeenBy(BaseModel):
    """Who looked at recordings of a trainee's lessons, as the trainee sees it: a unit, not a name."""

    at: AwareDatetime
    unit: str
    what: str
    reason: str


class MyCheckIn(BaseModel):
    at: AwareDatetime
    direction: str
    status: str


class MyData(BaseModel):
    """What is kept of the person who holds this phone, in this class (L17). `selfies_offered`: the class's rules take
    some, from who agrees."""

    name: str
    id_number: str  # masked
    class_name: str
    check_ins: list[MyCheckIn]
    selfies_offered: bool
    selfies: list[SelfieView]
    consents: list[ConsentOut]
    seen_by: list[SeenBy]
    requests: list[RightsOut]


class Kept(BaseModel):
    """One kind of data: how long, on what ground, and what deletes it."""

    kind: str
    days: int | None  # None: see `rule_zh`
    rule_zh: str
    rule_en: str
    basis: str
    deleted_by: str


class PackLine(BaseModel):
    name: str
    count: int


class CompliancePack(BaseModel):
    """Figures of one year for the compliance audit (L31; PIPL art. 54)."""

    year: int
    lines: list[PackLine]
    log_size: int
    log_root: str
