"""A trainee's history as it is shown: masked, without positions, devices and reasons of leave."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from supervisor.attendance.schemas import RateOut
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction
from supervisor.rules.checkin_methods import Method
from supervisor.rules.verdict_life import Stage


class OtherEntry(BaseModel):
    """The same person in another class of the caller's scope."""

    roster_entry_id: UUID
    class_id: UUID
    class_no: str
    class_name: str


class HourOut(BaseModel):
    """`status`: None: not over yet, or not on the roster then. `flagged`: a person should look at a check-in it rests
    on. `stage`: of the lesson hour's verdict; None: none yet."""

    lesson_hour_id: UUID
    slot: int
    start: AwareDatetime
    end: AwareDatetime
    status: AttendanceStatus | None
    attends: bool | None
    flagged: bool
    stage: Stage | None


class CheckInOut(BaseModel):
    """`status`: today's: what was learnt since is in it. `corrected_by`: who entered it by hand."""

    direction: Direction
    at: AwareDatetime
    made_at: AwareDatetime | None
    method: Method
    status: CheckInResult
    reasons: list[CheckInReason]
    corrected_by: str | None


class MakeupOut(BaseModel):
    direction: Direction
    at: AwareDatetime
    state: str
    asked_at: AwareDatetime
    decided_at: AwareDatetime | None


class LeaveOut(BaseModel):
    """Neither its kind nor its reason: they may tell of illness."""

    start: AwareDatetime
    until: AwareDatetime
    state: str
    asked_at: AwareDatetime
    decided_at: AwareDatetime | None


class SessionOut(BaseModel):
    """`voided`: moved or cancelled; it has no lesson hours then."""

    session_id: UUID
    day: date
    start: AwareDatetime
    end: AwareDatetime
    voided: bool
    hours: list[HourOut]
    check_ins: list[CheckInOut]
    makeups: list[MakeupOut]
    leaves: list[LeaveOut]


class TotalsOut(BaseModel):
    """Of the lesson hours that are over. `reviews`: hours that rest on a check-in for review."""

    states: dict[AttendanceStatus, int]
    rate: RateOut
    reviews: int


class HistoryOut(BaseModel):
    """`name`: masked. `totals`: on the first page only. `next` None: this was the last page."""

    roster_entry_id: UUID
    name: str
    status: str
    since: AwareDatetime
    left_at: AwareDatetime | None
    class_id: UUID
    class_no: str
    class_name: str
    others: list[OtherEntry]
    totals: TotalsOut | None
    sessions: list[SessionOut]
    next: str | None
