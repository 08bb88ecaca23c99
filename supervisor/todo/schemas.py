"""One thing that waits for a person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from supervisor.rules.verdict import ReasonCode, VerdictState
from supervisor.rules.verdict_life import Stage


class Kind(StrEnum):
    LESSON = "lesson"
    OPENING = "opening"
    SIGNATURE = "signature"
    EXEMPTION = "exemption"
    CHANGE = "change"
    LEAVE = "leave"
    MAKEUP = "makeup"
    DROP_OUT = "drop_out"
    EXPORT = "export"
    RECTIFICATION = "rectification"


class Waiting(BaseModel):
    """`id`: of the lesson hour, the class or the request. `until`: the end of the term; None: it has none. `detail`:
    what kind of opening, change, leave or check-in it is; of an export, the lesson hour, if it is of one. `start`,
    `end`: the time it speaks of."""

    kind: Kind
    id: UUID
    class_id: UUID
    class_no: str
    class_name: str
    institution: str
    since: datetime
    until: datetime | None
    due_at: datetime
    start: datetime | None = None
    end: datetime | None = None
    stage: Stage | None = None
    state: VerdictState | None = None
    reasons: list[ReasonCode] = []
    detail: str = ""
    reason: str = ""
    who: str = ""  # masked


class WaitingList(BaseModel):
    """`whole` False: of some kind there are more than are shown."""

    items: list[Waiting]
    whole: bool
