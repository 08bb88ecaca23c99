"""What leave, make-up check-ins, drop-outs and late joiners say and hear over HTTP. No names: opaque references."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from supervisor.rules.checkin import Direction
from supervisor.rules.leave import Decider, LeaveKind

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: Reason


class OwnLeaveIn(_In):
    """From the trainee's phone. [start, until)."""

    kind: LeaveKind
    start: AwareDatetime
    until: AwareDatetime


class LeaveIn(OwnLeaveIn):
    """`paper_sha256`: of the doctor's paper, for sick leave afterwards."""

    roster_entry_id: UUID
    paper_sha256: Sha256 | None = None


class MakeupIn(_In):
    """`at`: when the trainee really came or left."""

    session_id: UUID
    roster_entry_id: UUID
    direction: Direction
    at: AwareDatetime


class DropOutIn(_In):
    roster_entry_id: UUID


class Decision(_In):
    """Why it is approved or refused."""


class OwnLeaveOut(BaseModel):
    """What a phone is told."""

    id: UUID
    state: str
    start: AwareDatetime
    until: AwareDatetime


class OwnLeave(OwnLeaveOut):
    """One line of a trainee's own list."""

    kind: LeaveKind
    decision_reason: str | None


class LeaveOut(OwnLeaveOut):
    """`decider`: who decides on it. `from_phone`: the trainee asked."""

    class_id: UUID
    roster_entry_id: UUID
    kind: LeaveKind
    reason: str
    paper_sha256: str | None
    from_phone: bool
    asked_at: AwareDatetime
    decider: Decider
    decided_at: AwareDatetime | None
    decision_reason: str | None


class LeaveStanding(BaseModel):
    """Lesson hours a trainee is on leave, of those planned. `leave_over_limit`: not eligible for subsidy (Q9)."""

    roster_entry_id: UUID
    leave_hours: int
    planned_hours: int
    leave_over_limit: bool


class LeavesOut(BaseModel):
    """`leaves`: oldest first. `standings`: of each trainee with approved leave."""

    leaves: list[LeaveOut]
    standings: list[LeaveStanding]


class MakeupOut(BaseModel):
    id: UUID
    class_id: UUID
    session_id: UUID
    roster_entry_id: UUID
    direction: Direction
    at: AwareDatetime
    reason: str
    state: str
    asked_at: AwareDatetime
    decided_at: AwareDatetime | None
    decision_reason: str | None


class DropOutOut(BaseModel):
    id: UUID
    class_id: UUID
    roster_entry_id: UUID
    reason: str
    state: str
    asked_at: AwareDatetime
    decided_at: AwareDatetime | None
    decision_reason: str | None


class JoinedOut(BaseModel):
    roster_entry_id: UUID
