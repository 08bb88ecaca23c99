"""What the sheets of a class and of a trainee are made of."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from supervisor.attendance.schemas import RateOut
from supervisor.changes.schemas import PlanOut
from supervisor.decisions.schemas import ExemptionOut
from supervisor.leave.schemas import DropOutOut, LeaveOut, MakeupOut
from supervisor.openings.schemas import OpeningOut
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.evidence import ExemptKind, LessonKind
from supervisor.rules.verdict import ReasonCode, VerdictState
from supervisor.rules.verdict_life import Result, Stage


class HourCell(BaseModel):
    """One lesson hour. `slot`: the how-many-eth of its day. `stage` None: nothing was concluded yet. `recorded`: share
    of the hour with recording that counts. `overruled`: a person decided against what the rules proposed."""

    lesson_hour_id: UUID
    slot: int
    start: datetime
    end: datetime
    kind: LessonKind
    room: str
    over: bool
    makes_up: bool
    stage: Stage | None
    state: VerdictState | None
    reasons: list[ReasonCode]
    required: int | None
    seen: float | None
    recorded: float | None
    present: int
    roster: int
    decided: Result | None
    overruled: bool


class SheetDay(BaseModel):
    """`rate`: person-hours attended; None: nothing is over yet."""

    day: date
    hours: list[HourCell]
    rate: RateOut | None
    recorded: float | None


class SheetTrainee(BaseModel):
    """`flagged`: hours that rest on a check-in a person should look at. `left`: dropped out."""

    roster_entry_id: UUID
    number: int
    name: str  # masked
    id_number: str  # masked
    left: bool
    totals: dict[AttendanceStatus, int]
    rate: RateOut
    flagged: int
    leave_over_limit: bool


class ClassSheet(BaseModel):
    class_id: UUID
    class_no: str
    name: str
    institution: str
    places: list[str]
    status: str
    profile: str
    profile_zh: str
    profile_en: str
    demo: bool
    exempt: ExemptKind | None
    approved_at: datetime | None
    approved_by: str | None
    first_day: date | None
    last_day: date | None
    personal_min: float
    class_day_min: float
    clip_min_s: float
    median_ratio: float
    rule_versions: list[str]
    counters: list[str]
    days: list[SheetDay]
    trainees: list[SheetTrainee]
    opening: OpeningOut
    plan: PlanOut
    leaves: list[LeaveOut]
    makeups: list[MakeupOut]
    drop_outs: list[DropOutOut]
    exemptions: list[ExemptionOut]
    check_code: str


class PersonCheckIn(BaseModel):
    direction: str
    at: datetime
    method: str
    status: str
    reasons: list[str]
    flagged: bool


class PersonHour(BaseModel):
    """`status` None: not over yet, or not on the roster at that time."""

    hour: HourCell
    day: date
    status: AttendanceStatus | None
    attends: bool
    flagged: bool
    on_leave: str | None
    check_ins: list[PersonCheckIn]


class TraineeSheet(BaseModel):
    class_id: UUID
    class_no: str
    class_name: str
    institution: str
    demo: bool
    trainee: SheetTrainee
    personal_min: float
    still: int  # hours that are planned and not over
    hours: list[PersonHour]
