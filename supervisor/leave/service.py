"""Leave, make-up check-ins, drop-outs and late joiners: who may ask and decide what, and what follows from it (A-14).

What a lesson hour was judged with may change by a decision here; then a version of its verdict is appended.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.attendance.device import read_device
from supervisor.audit.service import record
from supervisor.calendars import calendar_of
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.classes.models import RosterEntry, TrainingClass
from supervisor.classes.service import found_class, require_status
from supervisor.leave import repository
from supervisor.leave.decisions import (
    LATER_TOO,
    UNDER_WAY,
    already,
    asked,
    decide,
    decided,
    on_roster,
    refusal,
    text_hash,
)
from supervisor.leave.models import LeaveRequest
from supervisor.leave.schemas import (
    Decision,
    LeaveIn,
    LeaveOut,
    LeavesOut,
    LeaveStanding,
    OwnLeave,
    OwnLeaveIn,
    OwnLeaveOut,
)
from supervisor.lessons.verdicts import rejudge_session
from supervisor.privacy.consents import own_entry
from supervisor.profiles import profile_named
from supervisor.rules.leave import Decider, LeaveKind, check_leave, decider, leave_hours, over_limit
from supervisor.rules.plan_change import change_rules

MOST_PENDING = 5
"""Requests for leave of one trainee that nobody has decided yet: a phone cannot fill the teacher's list."""


def ask_leave(centre: Centre, caller: Caller, class_id: UUID, wanted: LeaveIn) -> LeaveOut:
    """The teacher for a trainee. Short leave asked beforehand is the teacher's own decision and approved at once.

    Raises LessonProofError CLASS_NOT_FOUND, TRAINEE_NOT_FOUND (404), CLASS_STATUS, LEAVE_OVERLAPS, LEAVE_PENDING (409),
    and 422 LEAVE_TIMES, LEAVE_TOO_LATE, LEAVE_PAPER_MISSING."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, *LATER_TOO)
        entry = on_roster(session, class_id, wanted.roster_entry_id)
        leave = _leave(session, training, entry, wanted, now, caller.account_id, wanted.paper_sha256)
        _log_leave(session, leave, caller.actor)
        if leave.decider == Decider.TEACHER:
            leave.state, leave.decided_at, leave.decided_by = "approved", now, caller.account_id
            record(session, now, caller.actor, "leave_approved", f"leave_request:{leave.id}")
        return _leave_out(leave)


def ask_own_leave(centre: Centre, code: str, wanted: OwnLeaveIn, cookie: str | None) -> OwnLeaveOut:
    """From the phone that has checked the trainee in before; the teacher or the county decides.

    Raises LessonProofError SESSION_NOT_FOUND (404), PHONE_UNKNOWN (401), CLASS_STATUS, LEAVE_OVERLAPS, LEAVE_PENDING
    (409), and 422 LEAVE_TIMES, LEAVE_TOO_LATE, LEAVE_PAPER_MISSING (the teacher takes papers)."""
    now = centre.clock.now()
    device = read_device(centre.vault, cookie)
    with centre.uow.write() as session:
        entry, _, training = own_entry(session, code, device.trainee_id)
        require_status(training, *UNDER_WAY)
        leave = _leave(session, training, entry, wanted, now, None, None)
        _log_leave(session, leave, f"device:{device.hashed[:16]}")
        return OwnLeaveOut(id=leave.id, state=leave.state, start=leave.start, until=leave.until)


def own_leaves(centre: Centre, code: str, cookie: str | None) -> list[OwnLeave]:
    """Of whoever holds the phone, newest first. Raises LessonProofError SESSION_NOT_FOUND, PHONE_UNKNOWN."""
    device = read_device(centre.vault, cookie)
    with centre.uow.read() as session:
        entry, _, _ = own_entry(session, code, device.trainee_id)
        return [
            OwnLeave(
                id=leave.id,
                state=leave.state,
                start=leave.start,
                until=leave.until,
                kind=LeaveKind(leave.kind),
                decision_reason=leave.decision_reason,
            )
            for leave in repository.leaves_of(session, entry.id)
        ]


def _leave(
    session: Session,
    training: TrainingClass,
    entry: RosterEntry,
    wanted: OwnLeaveIn,
    now: datetime,
    asked_by: UUID | None,
    paper_sha256: str | None,
) -> LeaveRequest:
    profile = profile_named(training.profile)
    rules, calendar = change_rules(profile), calendar_of(profile.region)
    paper = paper_sha256 is not None
    check_leave(wanted.kind, wanted.start, wanted.until, now, rules, paper=paper, calendar=calendar)
    if repository.overlapping_leave(session, entry.id, wanted.start, wanted.until) is not None:
        raise refusal("LEAVE_OVERLAPS", 409, "/start", "这段时间已有请假", "there is a leave for this time already")
    if repository.pending_leaves(session, entry.id) >= MOST_PENDING:
        raise refusal(
            "LEAVE_PENDING", 409, None, "还有多条请假等待审批", "several requests for leave are waiting to be decided"
        )
    leave = LeaveRequest(
        class_id=training.id,
        roster_entry_id=entry.id,
        kind=wanted.kind,
        start=wanted.start,
        until=wanted.until,
        reason=wanted.reason,
        paper_sha256=paper_sha256,
        asked_at=now,
        asked_by=asked_by,
        decider=decider(wanted.start, wanted.until, now, rules),
        state="asked",
    )
    session.add(leave)
    session.flush()
    return leave


def _log_leave(session: Session, leave: LeaveRequest, actor: str) -> None:
    record(
        session, leave.asked_at, actor, "leave_asked", f"leave_request:{leave.id}",
        roster_entry=str(leave.roster_entry_id), start=leave.start.isoformat(), until=leave.until.isoformat(),
        decider=leave.decider, paper=leave.paper_sha256 is not None, reason_sha256=text_hash(leave.reason),
    )  # fmt: skip


def decide_leave(centre: Centre, caller: Caller, leave_id: UUID, approved: bool, decision: Decision) -> LeaveOut:
    """Lesson hours that have begun are judged again where the leave reaches back.

    Raises LessonProofError LEAVE_NOT_FOUND (404), LEAVE_OF_COUNTY (403), LEAVE_DECIDED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        leave, _ = asked(session, caller, LeaveRequest, leave_id, "LEAVE", "请假", "leave")
        if caller.role in (Role.TEACHER, Role.RESPONSIBLE) and leave.decider != Decider.TEACHER:
            raise refusal("LEAVE_OF_COUNTY", 403, None, "该请假由主管单位审批", "this is for the county to decide")
        if decided(leave, approved, "LEAVE", "请假", "leave"):
            return _leave_out(leave)
        decide(session, leave, approved, decision, caller, now, f"leave_request:{leave.id}", "leave")
        if approved:
            for session_id in repository.sessions_touched(session, leave.class_id, leave.start, leave.until, now):
                rejudge_session(session, session_id, now)
        return _leave_out(leave)


def withdraw_leave(centre: Centre, caller: Caller, leave_id: UUID) -> LeaveOut:
    """Before it begins. Raises LessonProofError LEAVE_NOT_FOUND (404), LEAVE_DECIDED, LEAVE_BEGAN (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        leave, _ = asked(session, caller, LeaveRequest, leave_id, "LEAVE", "请假", "leave")
        if leave.state not in ("asked", "approved"):
            raise already("LEAVE", "请假", "leave")
        if leave.start <= now:
            raise refusal("LEAVE_BEGAN", 409, None, "请假已经开始,不能撤回", "the leave has begun")
        leave.state, leave.withdrawn_at = "withdrawn", now
        record(session, now, caller.actor, "leave_withdrawn", f"leave_request:{leave.id}")
        return _leave_out(leave)


def leaves(centre: Centre, caller: Caller, class_id: UUID) -> LeavesOut:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        training = found_class(session, caller, class_id)
        return LeavesOut(
            leaves=[_leave_out(leave) for leave in repository.of_class(session, class_id, LeaveRequest)],
            standings=standings(session, training),
        )


def standings(session: Session, training: TrainingClass) -> list[LeaveStanding]:
    """Of each trainee with approved leave, for callers that have already been let into the class."""
    plan = repository.plan(session, training.id)
    limit = profile_named(training.profile).attendance.leave_max_ratio
    found = []
    for entry, taken in repository.approved_leaves(session, [training.id]).get(training.id, {}).items():
        hours = leave_hours(taken, plan)
        found.append(
            LeaveStanding(
                roster_entry_id=UUID(entry),
                leave_hours=hours,
                planned_hours=len(plan),
                leave_over_limit=over_limit(hours, len(plan), limit),
            )
        )
    return found


def _leave_out(leave: LeaveRequest) -> LeaveOut:
    return LeaveOut(
        id=leave.id,
        class_id=leave.class_id,
        roster_entry_id=leave.roster_entry_id,
        kind=LeaveKind(leave.kind),
        start=leave.start,
        until=leave.until,
        reason=leave.reason,
        paper_sha256=leave.paper_sha256,
        from_phone=leave.asked_by is None,
        asked_at=leave.asked_at,
        decider=Decider(leave.decider),
        state=leave.state,
        decided_at=leave.decided_at,
        decision_reason=leave.decision_reason,
    )
