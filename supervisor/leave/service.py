"""Leave, make-up check-ins, drop-outs and late joiners: who may ask and decide what, and what follows from it (A-14).

What a lesson hour was judged with may change by a decision here; then a version of its verdict is appended.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.attendance import repository as attendance
from supervisor.attendance.device import read_device
from supervisor.attendance.models import CheckIn
from supervisor.attendance.register import BY_HAND
from supervisor.audit.service import record
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.classes.models import RosterEntry, TrainingClass
from supervisor.classes.schemas import RosterRow
from supervisor.classes.service import add_roster, found_class, id_numbers, require_status
from supervisor.contract.evidence import sha256_hex
from supervisor.leave import repository
from supervisor.leave.models import DropOut, LeaveRequest, MakeupRequest
from supervisor.leave.repository import Asked
from supervisor.leave.schemas import (
    Decision,
    DropOutIn,
    DropOutOut,
    JoinedOut,
    LeaveIn,
    LeaveOut,
    LeavesOut,
    LeaveStanding,
    MakeupIn,
    MakeupOut,
    OwnLeaveIn,
    OwnLeaveOut,
)
from supervisor.lessons.verdicts import rejudge_session
from supervisor.profiles import profile_named
from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction, SessionTimes
from supervisor.rules.leave import (
    Decider,
    LeaveKind,
    check_leave,
    check_makeup,
    decider,
    leave_hours,
    may_join,
    over_limit,
)
from supervisor.rules.plan_change import change_rules

MOST_PENDING = 5
"""Requests for leave of one trainee that nobody has decided yet: a phone cannot fill the teacher's list."""
UNDER_WAY = ("approved", "running")
LATER_TOO = (*UNDER_WAY, "finished")
"""What concerns a lesson just held may be asked when the class is over: its last lesson has a day after, too."""


def ask_leave(centre: Centre, caller: Caller, class_id: UUID, wanted: LeaveIn) -> LeaveOut:
    """The teacher for a trainee. Short leave asked beforehand is the teacher's own decision and approved at once.

    Raises LessonProofError CLASS_NOT_FOUND, TRAINEE_NOT_FOUND (404), CLASS_STATUS, LEAVE_OVERLAPS, LEAVE_PENDING (409), and 422
    LEAVE_TIMES, LEAVE_TOO_LATE, LEAVE_PAPER_MISSING."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, *LATER_TOO)
        entry = _entry(session, class_id, wanted.roster_entry_id)
        leave = _leave(session, training, entry, wanted, now, caller.account_id, wanted.paper_sha256)
        _log_leave(session, leave, caller.actor)
        if leave.decider == Decider.TEACHER:
            leave.state, leave.decided_at, leave.decided_by = "approved", now, caller.account_id
            record(session, now, caller.actor, "leave_approved", f"leave_request:{leave.id}")
        return _leave_out(leave)


def ask_own_leave(centre: Centre, code: str, wanted: OwnLeaveIn, cookie: str | None) -> OwnLeaveOut:
    """From the phone that has checked the trainee in before; the teacher or the county decides.

    Raises LessonProofError SESSION_NOT_FOUND (404), CLASS_STATUS, LEAVE_OVERLAPS, LEAVE_PENDING (409), and 422 PHONE_NOT_KNOWN,
    LEAVE_TIMES, LEAVE_TOO_LATE, LEAVE_PAPER_MISSING (the teacher takes papers)."""
    now = centre.clock.now()
    device = read_device(centre.vault, cookie)
    with centre.uow.write() as session:
        found = attendance.session_by_code(session, code)
        if found is None:
            raise _error("SESSION_NOT_FOUND", 404, None, "签到地址无效", "not a check-in address")
        training = found[1]
        require_status(training, *UNDER_WAY)
        known = attendance.entry_of(session, training.id, device.trainee_id) if device.trainee_id else None
        if known is None:
            raise _error(
                "PHONE_NOT_KNOWN",
                422,
                None,
                "这部手机还没有签过到,请向老师请假",
                "this phone has checked nobody in yet: ask the teacher for leave",
            )
        leave = _leave(session, training, known[0], wanted, now, None, None)
        _log_leave(session, leave, f"device:{device.hashed[:16]}")
        return OwnLeaveOut(id=leave.id, state=leave.state, start=leave.start, until=leave.until)


def _leave(
    session: Session,
    training: TrainingClass,
    entry: RosterEntry,
    wanted: OwnLeaveIn,
    now: datetime,
    asked_by: UUID | None,
    paper_sha256: str | None,
) -> LeaveRequest:
    rules = change_rules(profile_named(training.profile))
    check_leave(wanted.kind, wanted.start, wanted.until, now, rules, paper=paper_sha256 is not None)
    if repository.overlapping_leave(session, entry.id, wanted.start, wanted.until) is not None:
        raise _error("LEAVE_OVERLAPS", 409, "/start", "这段时间已有请假", "there is a leave for this time already")
    if repository.pending_leaves(session, entry.id) >= MOST_PENDING:
        raise _error(
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
        decider=leave.decider, paper=leave.paper_sha256 is not None, reason_sha256=_hash(leave.reason),
    )  # fmt: skip


def decide_leave(centre: Centre, caller: Caller, leave_id: UUID, approved: bool, decision: Decision) -> LeaveOut:
    """Lesson hours that have begun are judged again where the leave reaches back.

    Raises LessonProofError LEAVE_NOT_FOUND (404), LEAVE_OF_COUNTY (403), LEAVE_DECIDED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        leave, _ = _asked(session, caller, LeaveRequest, leave_id, "LEAVE", "请假", "leave")
        if caller.role in (Role.TEACHER, Role.RESPONSIBLE) and leave.decider != Decider.TEACHER:
            raise _error("LEAVE_OF_COUNTY", 403, None, "该请假由主管单位审批", "this leave is for the county to decide")
        if _decided(leave, approved, "LEAVE", "请假", "leave"):
            return _leave_out(leave)
        _decide(session, leave, approved, decision, caller, now, f"leave_request:{leave.id}", "leave")
        if approved:
            for session_id in repository.sessions_touched(session, leave.class_id, leave.start, leave.until, now):
                rejudge_session(session, session_id, now)
        return _leave_out(leave)


def withdraw_leave(centre: Centre, caller: Caller, leave_id: UUID) -> LeaveOut:
    """Before it begins. Raises LessonProofError LEAVE_NOT_FOUND (404), LEAVE_DECIDED, LEAVE_BEGAN (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        leave, _ = _asked(session, caller, LeaveRequest, leave_id, "LEAVE", "请假", "leave")
        if leave.state not in ("asked", "approved"):
            raise _already("LEAVE", "请假", "leave")
        if leave.start <= now:
            raise _error("LEAVE_BEGAN", 409, None, "请假已经开始,不能撤回", "the leave has begun")
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


def ask_makeup(centre: Centre, caller: Caller, class_id: UUID, wanted: MakeupIn) -> MakeupOut:
    """补签. Raises LessonProofError CLASS_NOT_FOUND, SESSION_NOT_FOUND, TRAINEE_NOT_FOUND (404), CLASS_STATUS (409),
    and 422 MAKEUP_TIME, MAKEUP_TOO_LATE, MAKEUP_TOO_MANY."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)  # so that nobody is counted twice
        require_status(training, *LATER_TOO)
        held = repository.session_of(session, class_id, wanted.session_id)
        if held is None:
            raise _error("SESSION_NOT_FOUND", 404, "/session_id", "班级没有这次课", "the class has no such session")
        entry = _entry(session, class_id, wanted.roster_entry_id)
        used = repository.makeups_used(session, entry.id)
        rules = profile_named(training.profile).checkin
        check_makeup(wanted.at, wanted.direction, SessionTimes(held.start, held.end), now, used, rules)
        makeup = MakeupRequest(
            class_id=class_id,
            session_id=held.id,
            roster_entry_id=entry.id,
            direction=wanted.direction,
            at=wanted.at,
            reason=wanted.reason,
            asked_at=now,
            asked_by=caller.account_id,
            state="asked",
        )
        session.add(makeup)
        session.flush()
        record(
            session, now, caller.actor, "makeup_asked", f"makeup_request:{makeup.id}",
            session_id=str(held.id), roster_entry=str(entry.id), direction=makeup.direction,
            speaks_of=makeup.at.isoformat(), reason_sha256=_hash(makeup.reason),
        )  # fmt: skip
        return _makeup_out(makeup)


def decide_makeup(centre: Centre, caller: Caller, makeup_id: UUID, approved: bool, decision: Decision) -> MakeupOut:
    """Approved: a check-in by hand, always for review, at the time it speaks of; those that are there stay.

    Raises LessonProofError MAKEUP_NOT_FOUND (404), MAKEUP_DECIDED (409: the other way)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        makeup, _ = _asked(session, caller, MakeupRequest, makeup_id, "MAKEUP", "补签", "make-up check-in")
        if _decided(makeup, approved, "MAKEUP", "补签", "make-up check-in"):
            return _makeup_out(makeup)
        if approved:
            row = CheckIn(
                session_id=makeup.session_id,
                roster_entry_id=makeup.roster_entry_id,
                direction=makeup.direction,
                at=makeup.at,
                method=BY_HAND,
                device_hash=None,
                idempotency_key=f"makeup:{makeup.id}",
                status=CheckInResult.REVIEW,
                reasons=[CheckInReason.MANUAL],
            )
            session.add(row)
            session.flush()
            makeup.check_in_id = row.id
        _decide(session, makeup, approved, decision, caller, now, f"makeup_request:{makeup.id}", "makeup")
        if approved:
            rejudge_session(session, makeup.session_id, now)
        return _makeup_out(makeup)


def makeups(centre: Centre, caller: Caller, class_id: UUID) -> list[MakeupOut]:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        found_class(session, caller, class_id)
        return [_makeup_out(one) for one in repository.of_class(session, class_id, MakeupRequest)]


def ask_drop_out(centre: Centre, caller: Caller, class_id: UUID, wanted: DropOutIn) -> DropOutOut:
    """Raises LessonProofError CLASS_NOT_FOUND, TRAINEE_NOT_FOUND (404), CLASS_STATUS, DROP_OUT_PENDING (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, *UNDER_WAY)
        entry = _entry(session, class_id, wanted.roster_entry_id)
        if repository.drop_out_pending(session, entry.id):
            raise _error("DROP_OUT_PENDING", 409, "/roster_entry_id", "该学员已有退班申请", "it was asked already")
        drop_out = DropOut(
            class_id=class_id,
            roster_entry_id=entry.id,
            reason=wanted.reason,
            asked_at=now,
            asked_by=caller.account_id,
            state="asked",
        )
        session.add(drop_out)
        session.flush()
        record(
            session, now, caller.actor, "drop_out_asked", f"drop_out:{drop_out.id}",
            roster_entry=str(entry.id), reason_sha256=_hash(wanted.reason),
        )  # fmt: skip
        return _drop_out(drop_out)


def decide_drop_out(
    centre: Centre, caller: Caller, drop_out_id: UUID, approved: bool, decision: Decision
) -> DropOutOut:
    """Approved: withdrawn from now on; hours before stay as they were.

    Raises LessonProofError DROP_OUT_NOT_FOUND (404), DROP_OUT_DECIDED (409: the other way)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        drop_out, _ = _asked(session, caller, DropOut, drop_out_id, "DROP_OUT", "退班申请", "drop-out")
        if _decided(drop_out, approved, "DROP_OUT", "退班申请", "drop-out"):
            return _drop_out(drop_out)
        if approved:
            entry = session.get_one(RosterEntry, drop_out.roster_entry_id)
            entry.status, entry.left_at = "withdrawn", now
        _decide(session, drop_out, approved, decision, caller, now, f"drop_out:{drop_out.id}", "drop_out")
        return _drop_out(drop_out)


def drop_outs(centre: Centre, caller: Caller, class_id: UUID) -> list[DropOutOut]:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        found_class(session, caller, class_id)
        return [_drop_out(one) for one in repository.of_class(session, class_id, DropOut)]


def join(centre: Centre, caller: Caller, class_id: UUID, wanted: RosterRow) -> JoinedOut:
    """One more trainee after the opening, with every check of a roster row.

    Raises LessonProofError CLASS_NOT_FOUND (404), CLASS_STATUS, TRAINEE_ON_ROSTER, JOIN_TOO_LATE (409), and 422
    CLASS_TOO_LARGE, ROSTER_ID_INVALID, ROSTER_NAME_DIFFERS."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, *UNDER_WAY)
        profile = profile_named(training.profile)
        plan = repository.plan(session, class_id)
        if not may_join(sum(hour.start <= now for hour in plan), len(plan), change_rules(profile)):
            raise _error("JOIN_TOO_LATE", 409, None, "课程进度已超过可以增员的时间", "too much of the plan has begun")
        numbers = id_numbers([wanted], profile, now.astimezone(CHINA).date())
        size, position = repository.roster_end(session, class_id)
        if size >= profile.opening.class_max:
            most = profile.opening.class_max
            raise _error("CLASS_TOO_LARGE", 422, None, f"班级已满 {most} 人", f"the class has its {most} trainees")
        if repository.has_trainee(session, class_id, centre.vault.lookup("id_number", numbers[0])):
            raise _error("TRAINEE_ON_ROSTER", 409, "/id_number", "该学员已在花名册上", "already on the roster")
        (entry,) = add_roster(centre, session, training, [wanted], numbers, now, position)
        record(session, now, caller.actor, "trainee_joined", f"roster_entry:{entry.id}", class_id=str(class_id))
        return JoinedOut(roster_entry_id=entry.id)


def _entry(session: Session, class_id: UUID, entry_id: UUID) -> RosterEntry:
    entry = repository.on_roster(session, class_id, entry_id)
    if entry is None:
        raise _error("TRAINEE_NOT_FOUND", 404, "/roster_entry_id", "花名册上没有这名学员", "not on the roster")
    return entry


def _asked(
    session: Session, caller: Caller, table: type[Asked], wanted: UUID, code: str, zh: str, en: str
) -> tuple[Asked, TrainingClass]:
    found = repository.asked(session, caller, table, wanted)
    if found is None:
        raise _error(f"{code}_NOT_FOUND", 404, None, f"没有这个{zh}", f"no such {en}")
    return found


def _decided(one: LeaveRequest | MakeupRequest | DropOut, approved: bool, code: str, zh: str, en: str) -> bool:
    """True: decided the same way before, so there is nothing to do. Decided otherwise: an error."""
    if one.state == "asked":
        return False
    if one.state != ("approved" if approved else "refused"):
        raise _already(code, zh, en)
    return True


def _decide(
    session: Session,
    one: LeaveRequest | MakeupRequest | DropOut,
    approved: bool,
    decision: Decision,
    caller: Caller,
    now: datetime,
    subject: str,
    what: str,
) -> None:
    one.state = "approved" if approved else "refused"
    one.decided_at, one.decided_by, one.decision_reason = now, caller.account_id, decision.reason
    record(session, now, caller.actor, f"{what}_{one.state}", subject, reason_sha256=_hash(decision.reason))
    session.flush()


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


def _makeup_out(makeup: MakeupRequest) -> MakeupOut:
    return MakeupOut(
        id=makeup.id,
        class_id=makeup.class_id,
        session_id=makeup.session_id,
        roster_entry_id=makeup.roster_entry_id,
        direction=Direction(makeup.direction),
        at=makeup.at,
        reason=makeup.reason,
        state=makeup.state,
        asked_at=makeup.asked_at,
        decided_at=makeup.decided_at,
        decision_reason=makeup.decision_reason,
    )


def _drop_out(one: DropOut) -> DropOutOut:
    return DropOutOut(
        id=one.id,
        class_id=one.class_id,
        roster_entry_id=one.roster_entry_id,
        reason=one.reason,
        state=one.state,
        asked_at=one.asked_at,
        decided_at=one.decided_at,
        decision_reason=one.decision_reason,
    )


def _hash(text: str) -> str:
    return sha256_hex(text.encode())


def _already(code: str, zh: str, en: str) -> LessonProofError:
    return _error(f"{code}_DECIDED", 409, None, f"该{zh}已有处理结果", f"this {en} was decided or withdrawn already")


def _error(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
