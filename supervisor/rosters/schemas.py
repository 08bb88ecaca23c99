"""What rosters say and hear over HTTP. Names and ID numbers are masked (L14)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from supervisor.rules.roster_facts import ListKind, Result

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PreviewRow(BaseModel):
    name: str
    id_number: str
    phone: str | None


class ImportOut(BaseModel):
    """`stored` False: a preview. `ignored`: headings whose column was not read. `version`: of the roster; None: a
    preview."""

    stored: bool
    version: int | None
    ignored: list[str]
    rows: list[PreviewRow]


class LiftOut(BaseModel):
    """`by`, `reason` and the file None: not for the institution, they may hold names."""

    at: AwareDatetime
    by: str | None
    reason: str | None
    attachment_sha256: str | None


class CheckOut(BaseModel):
    """`row` counts from 1; None: the check is of the whole class. `name` masked."""

    id: UUID
    entry_id: UUID | None
    row: int | None
    name: str | None
    rule: str
    rule_zh: str
    rule_en: str
    result: Result
    detail: str
    detail_zh: str
    detail_en: str
    source: str | None
    source_asof: date | None
    lifted: LiftOut | None


class ChecksOut(BaseModel):
    """The last run; `at` None: there was none. `unresolved`: blocks nobody has lifted."""

    at: AwareDatetime | None
    moment: str | None
    unresolved: int
    checks: list[CheckOut]


class LiftIn(BaseModel):
    """A-05: a reason, and a file that was handed in to the class before."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)]
    attachment_sha256: Sha256


class ListAbout(BaseModel):
    """`category`: of a category list only, the 人员类型 it is of. `expires_on`: the last day it is compared with."""

    model_config = ConfigDict(extra="forbid")
    kind: ListKind
    category: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)] | None = None
    source: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    as_of: date
    purpose: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
    expires_on: Annotated[date, Field(description="in Asia/Shanghai")]


class ListOut(BaseModel):
    """`in_force` False: expired or withdrawn, and no source any more."""

    id: UUID
    kind: ListKind
    category: str | None
    source: str
    as_of: date
    purpose: str
    expires_at: AwareDatetime
    rows: int
    created_at: AwareDatetime
    withdrawn_at: AwareDatetime | None
    in_force: bool
