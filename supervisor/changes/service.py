"""Changes to an approved plan: asked by the institution, decided by the county, never written over what was.

A session that is moved to another time or room, or cancelled, becomes a void row; what is held instead is a session of
its own with lesson hours and a check-in address of its own, because the signed log says of each lesson hour when and
where it was approved. A substitute teacher changes neither, so the session stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import CENTRE, record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.changes import repository
from supervisor.changes.models import PlanChange, PlanFlag, PlanVersion
from supervisor.changes.schemas import (
    Cancel,
    ChangeIn,
    ChangeOut,
    Decision,
    MakeupLesson,
    Move,
    OtherRoom,
    PlanOut,
    Substitute,
)
from supervisor.classes import repository as classes
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.classes.schemas import PlanRow
from supervisor.classes.service import (
    add_session,
    check_day,
    check_room,
    found_class,
    planned,
    require_status,
    row_slots,
    row_times,
)
from supervisor.contract.evidence import sha256_hex
from supervisor.lessons import repository as lessons
from supervisor.profiles import profile_named
from supervisor.rules.evidence import LessonKind
from supervisor.rules.lesson_hours import LessonSlot
from supervisor.rules.plan_change import (
    OPEN,
    UNAPPROVED,
    ChangeKind,
    ChangeState,
    PlannedHour,
    change_rules,
    decide_by,
    hours_of_plan,
    state_at,
)
from supervisor.rules.verdict import VerdictState

CHANGEABLE = ("approved", "running")
BATCH = 200
_PASSED = (VerdictState.PASS, VerdictState.EXEMPT)
_FAILED = (VerdictState.FAIL_PROPOSED, VerdictState.NO_DATA_YET)
"""Verdicts for which a make-up lesson may be asked (Q14, Q23); a REVIEW is first decided by a person."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a change wants. `held`: the session as planned; `row`: of the session held instead, `slots` its lesson
    hours; `made_up`: the lesson hours it makes up for."""

    held: ClassSession
    row: PlanRow | None = None
    slots: tuple[LessonSlot, ...] = ()
    teachers: tuple[str, ...] = ()
    made_up: tuple[UUID, ...] = ()


def ask(centre: Centre, caller: Caller, class_id: UUID, wanted: ChangeIn) -> ChangeOut:
    """A request; an emergency is in force at once.

    Raises LessonProofError CLASS_NOT_FOUND, SESSION_NOT_FOUND (404), CLASS_STATUS, SESSION_VOID, CHANGE_PENDING (409),
    and 422 CHANGE_AFTER_LESSON, CHANGE_NOT_TODAY, CHANGE_NOTHING, ROOM_NOT_ACCEPTED, LESSON_NOT_FAILED, and those of a
    plan row: PLAN_ROW_TIMES, PLAN_ROW_TOO_SHORT, PLAN_ROOM_UNKNOWN, PLAN_ROOM_TAKEN, PLAN_DAY_TOO_LONG.
    """
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, *CHANGEABLE)
        plan = _wanted(session, training, wanted, now)
        emergency = not isinstance(wanted, MakeupLesson) and wanted.emergency
        begins = [] if isinstance(wanted, MakeupLesson) else [plan.held.start]
        begins += [] if plan.row is None else [row_times(plan.row, 0)[0]]
        until = decide_by(now, begins, change_rules(profile_named(training.profile)), emergency=emergency)
        change = PlanChange(
            class_id=class_id,
            kind=wanted.kind,
            emergency=emergency,
            session_id=plan.held.id,
            before=_as_planned(plan.held),
            after=_after(plan, ChangeKind(wanted.kind)),
            reason=wanted.reason,
            asked_at=now,
            asked_by=caller.account_id,
            decide_by=until,
            state=ChangeState.NOTIFIED if emergency else ChangeState.ASKED,
        )
        session.add(change)
        session.flush()
        record(
            session, now, caller.actor, "plan_change_asked", f"plan_change:{change.id}",
            class_id=str(class_id), kind=change.kind, session_id=str(change.session_id), emergency=emergency,
            reason_sha256=sha256_hex(wanted.reason.encode()),
        )  # fmt: skip
        if emergency:
            _apply(session, training, change, plan, now, caller.actor)
        return _out(change, repository.versions(session, class_id), now)


def show(centre: Centre, caller: Caller, class_id: UUID) -> PlanOut:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        found_class(session, caller, class_id)
        versions = repository.versions(session, class_id)
        return PlanOut(
            class_id=class_id,
            version=repository.version(session, class_id),
            changes=[_out(change, versions, now) for change in repository.changes(session, class_id)],
        )


def approve(centre: Centre, caller: Caller, change_id: UUID, decision: Decision) -> ChangeOut:
    """asked → in force; notified → confirmed.

    Raises LessonProofError CHANGE_NOT_FOUND (404), CHANGE_DECIDED, CHANGE_LAPSED, CLASS_STATUS (409), and, where
    another class or session came in between, the errors of `ask`."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        change, training = _open(session, caller, change_id, now)
        require_status(training, *CHANGEABLE)
        if change.state == ChangeState.ASKED:
            _apply(session, training, change, _kept(session, training, change), now, caller.actor)
        _decide(session, change, ChangeState.APPROVED, now, caller, decision)
        return _out(change, repository.versions(session, training.id), now)


def refuse(centre: Centre, caller: Caller, change_id: UUID, decision: Decision) -> ChangeOut:
    """asked → the old plan counts; notified → its lesson hours carry a code for the person who decides.

    Raises LessonProofError CHANGE_NOT_FOUND (404), CHANGE_DECIDED, CHANGE_LAPSED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        change, training = _open(session, caller, change_id, now)
        if change.state == ChangeState.NOTIFIED:
            _flag(session, change, now)
        _decide(session, change, ChangeState.REFUSED, now, caller, decision)
        return _out(change, repository.versions(session, training.id), now)


def lapse(centre: Centre) -> int:
    """End what the county did not decide in time. Returns how many."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        changes = repository.overdue(session, now, BATCH)
        for change in changes:
            if change.state == ChangeState.NOTIFIED:
                _flag(session, change, now)
            change.state, change.decided_at = ChangeState.LAPSED, now
            record(session, now, CENTRE, "plan_change_lapsed", f"plan_change:{change.id}", emergency=change.emergency)
        return len(changes)


def counted_hours(session: Session, class_id: UUID) -> dict[str, bool]:
    """Each lesson hour of the plan and whether it passed, itself or by its make-up lesson (Q23). For callers that have
    already been let into the class."""
    planned_hours = repository.hours_of(session, class_id)
    passed = {
        hour_id
        for hour_id, versions in lessons.verdicts(session, (hour.id for hour, _ in planned_hours)).items()
        if next((one.state for one in versions if one.source != "box"), None) in _PASSED
    }
    return hours_of_plan(
        PlannedHour(
            str(hour.id),
            None if hour.makes_up_for is None else str(hour.makes_up_for),
            void=held.voided_at is not None,
            passed=hour.id in passed,
        )
        for hour, held in planned_hours
    )


def _wanted(session: Session, training: TrainingClass, wanted: ChangeIn, now: datetime) -> _Plan:
    if isinstance(wanted, MakeupLesson):
        return _makeup(session, training, wanted)
    held = _session(session, training, wanted.session_id)
    if repository.open_of_session(session, held.id, now) is not None:
        raise _error("CHANGE_PENDING", 409, "/session_id", "这次课已有待审批的变更", "a change of it is pending")
    if isinstance(wanted, Cancel):
        return _Plan(held)
    if isinstance(wanted, Substitute):
        if wanted.teachers == held.teachers:
            raise _nothing()
        return _Plan(held, teachers=tuple(wanted.teachers))
    row = _row_of(session, held, wanted)
    if (row.room_id, *row_times(row, 0)) == (held.room_id, held.start, held.end):
        raise _nothing()
    return _checked(session, training, _Plan(held, row=row))


def _row_of(session: Session, held: ClassSession, wanted: Move | OtherRoom) -> PlanRow:
    if isinstance(wanted, Move):
        day, start, end = wanted.date, wanted.start, wanted.end
    else:
        day = held.local_date
        start, end = (at.astimezone(CHINA).time() for at in (held.start, held.end))
    return PlanRow(
        date=day,
        start=start,
        end=end,
        lesson_hours=len(classes.lesson_hours(session, [held.id])),
        kind=LessonKind(held.kind),
        room_id=wanted.room_id or held.room_id,
        teachers=held.teachers,
    )


def _makeup(session: Session, training: TrainingClass, wanted: MakeupLesson) -> _Plan:
    known = {hour.id: (hour, held) for hour, held in repository.hours_of(session, training.id)}
    origins: list[UUID] = []
    for index, hour_id in enumerate(wanted.lesson_hour_ids):
        if hour_id not in known:
            raise _error("LESSON_NOT_FOUND", 404, f"/lesson_hour_ids/{index}", "没有这个学时", "no such lesson hour")
        hour = known[hour_id][0]
        origin = known[hour.makes_up_for or hour.id]
        tries = [pair for pair in known.values() if pair[0].makes_up_for == origin[0].id and _is_live(pair[1])]
        if origin[0].id in origins or not all(_failed(session, *one) for one in [origin, *tries]):
            raise _error(
                "LESSON_NOT_FAILED",
                422,
                f"/lesson_hour_ids/{index}",
                "只有未通过或已停课、且尚未安排补课的学时可以补课",
                "only a lesson hour that failed or was cancelled, and is not made up for yet, can be made up for",
            )
        origins.append(origin[0].id)
    held = known[origins[0]][1]
    row = PlanRow(
        date=wanted.date,
        start=wanted.start,
        end=wanted.end,
        lesson_hours=len(origins),
        kind=LessonKind(held.kind),
        room_id=wanted.room_id,
        teachers=wanted.teachers,
    )
    return _checked(session, training, _Plan(held, row=row, made_up=tuple(origins)))


def _is_live(held: ClassSession) -> bool:
    return held.voided_at is None


def _failed(session: Session, hour: LessonHour, held: ClassSession) -> bool:
    """Not held: cancelled, and not held elsewhere. Held: as the verdict that counts says."""
    if held.voided_at is not None:
        change = session.get_one(PlanChange, held.voided_by_change)
        return change.kind == ChangeKind.CANCEL
    return _verdict(session, hour) in _FAILED


def _verdict(session: Session, hour: LessonHour) -> VerdictState | None:
    counting = lessons.counting_verdict(session, hour.id)
    return None if counting is None else VerdictState(counting.state)


def _checked(session: Session, training: TrainingClass, plan: _Plan) -> _Plan:
    """The checks of an opening for the one row, and an accepted camera where the room is another one (2.6)."""
    assert plan.row is not None
    row, profile = plan.row, profile_named(training.profile)
    leaves = None if plan.made_up else plan.held.id
    try:
        (slots,) = row_slots([row], profile)
        already = repository.hours_on(session, training.id, row.date, leaves)
        check_day(row.date, already + row.lesson_hours, profile, 0)
        check_room(session, classes.rooms_of(session, training.institution_id), row, 0, leaves)
    except LessonProofError as error:  # this is no whole plan: say the place in what was sent
        error.where = (error.where or "").removeprefix("/plan/0") or None
        raise
    other = plan.made_up or row.room_id != plan.held.room_id
    if other and training.exempt is None and not repository.watched(session, row.room_id):
        raise _error(
            "ROOM_NOT_ACCEPTED",
            422,
            "/room_id",
            "该教室没有验收合格的摄像头,不能换到这里上课",
            "the room has no accepted camera: no lesson can be moved there",
        )
    return _Plan(plan.held, row, slots, made_up=plan.made_up)


def _kept(session: Session, training: TrainingClass, change: PlanChange) -> _Plan:
    """What was asked for, checked again on the day of the decision."""
    made_up = tuple(UUID(one) for one in change.after.get("makes_up_for", []))
    held = (
        session.get_one(ClassSession, change.session_id) if made_up else _session(session, training, change.session_id)
    )
    if change.kind in (ChangeKind.CANCEL, ChangeKind.SUBSTITUTE):
        return _Plan(held, teachers=tuple(change.after.get("teachers", ())))
    start, end = (datetime.fromisoformat(change.after[at]).astimezone(CHINA) for at in ("start", "end"))
    row = PlanRow(
        date=start.date(),
        start=start.time(),
        end=end.time(),
        lesson_hours=change.after["lesson_hours"],
        kind=LessonKind(held.kind),
        room_id=UUID(change.after["room_id"]),
        teachers=change.after["teachers"] if made_up else held.teachers,
    )
    return _checked(session, training, _Plan(held, row=row, made_up=made_up))


def _apply(
    session: Session, training: TrainingClass, change: PlanChange, plan: _Plan, now: datetime, actor: str
) -> None:
    """The next version of the plan. The boxes see it with their next question."""
    void: Sequence[LessonHour] = []
    added: list[ClassSession] = []
    if change.kind == ChangeKind.SUBSTITUTE:
        plan.held.teachers = list(plan.teachers)
    elif change.kind != ChangeKind.MAKEUP_LESSON:
        void = classes.lesson_hours(session, [plan.held.id])
        plan.held.voided_at, plan.held.voided_by_change = now, change.id
        session.flush()
    if plan.row is not None:
        replaces = None if plan.made_up else plan.held.id
        made_up = plan.made_up or [hour.makes_up_for for hour in sorted(void, key=lambda hour: hour.slot)]
        new = add_session(session, training, plan.row, plan.slots, now, replaces=replaces, makes_up_for=made_up)
        change.new_session_id = new.id
        added.append(new)
    ends = [held.end for held in classes.sessions(session, training.id)]
    training.class_end = max([training.class_end, *ends])  # terms are promised from it, so it only rises
    version = repository.version(session, training.id) + 1
    session.add(PlanVersion(class_id=training.id, version=version, change_id=change.id, at=now))
    session.flush()
    record(
        session, now, actor, "plan_changed", f"training_class:{training.id}",
        change=str(change.id), kind=change.kind, version=version, class_no=training.class_no,
        profile=training.profile, exempt=training.exempt, void=[str(hour.id) for hour in void],
        lesson_hours=planned(session, added),
    )  # fmt: skip


def _flag(session: Session, change: PlanChange, now: datetime) -> None:
    code = UNAPPROVED[ChangeKind(change.kind)]
    for hour in classes.lesson_hours(session, [change.new_session_id or change.session_id]):
        session.add(PlanFlag(lesson_hour_id=hour.id, change_id=change.id, code=code, at=now))
        record(session, now, CENTRE, "plan_unconfirmed", f"lesson_hour:{hour.id}", code=code, change=str(change.id))


def _open(session: Session, caller: Caller, change_id: UUID, now: datetime) -> tuple[PlanChange, TrainingClass]:
    found = repository.change(session, caller, change_id)
    if found is None:
        raise _error("CHANGE_NOT_FOUND", 404, None, "没有这个变更申请", "no such change")
    state = state_at(ChangeState(found[0].state), found[0].decide_by, now)
    if state is ChangeState.LAPSED:
        raise _error("CHANGE_LAPSED", 409, None, "已过审批期限,变更申请已失效", "it was not decided in time and lapsed")
    if state not in OPEN:
        raise _error("CHANGE_DECIDED", 409, None, "该变更申请已经审批", "this change was decided already")
    return found


def _decide(
    session: Session, change: PlanChange, state: ChangeState, now: datetime, caller: Caller, decision: Decision
) -> None:
    change.state, change.decided_at, change.decided_by = state, now, caller.account_id
    change.decision_reason = decision.reason
    reason = sha256_hex(decision.reason.encode())
    record(session, now, caller.actor, f"plan_change_{state}", f"plan_change:{change.id}", reason_sha256=reason)


def _session(session: Session, training: TrainingClass, session_id: UUID) -> ClassSession:
    held = repository.session_of(session, training.id, session_id)
    if held is None:
        raise _error("SESSION_NOT_FOUND", 404, "/session_id", "班级没有这次课", "the class has no such session")
    if held.voided_at is not None:
        raise _error("SESSION_VOID", 409, "/session_id", "这次课已调走或已停课", "this session was moved or cancelled")
    return held


def _as_planned(held: ClassSession) -> dict[str, Any]:
    return {
        "room_id": str(held.room_id),
        "start": held.start.isoformat(),
        "end": held.end.isoformat(),
        "teachers": held.teachers,
    }


def _after(plan: _Plan, kind: ChangeKind) -> dict[str, Any]:
    """What is to be in its place; of a cancelled session nothing."""
    if kind is ChangeKind.CANCEL:
        return {}
    if plan.row is None:
        return _as_planned(plan.held) | {"teachers": list(plan.teachers)}
    start, end = row_times(plan.row, 0)
    after = {
        "room_id": str(plan.row.room_id),
        "start": start.isoformat(),
        "end": end.isoformat(),
        "teachers": plan.row.teachers,
        "lesson_hours": plan.row.lesson_hours,
    }
    return after | ({"makes_up_for": [str(one) for one in plan.made_up]} if plan.made_up else {})


def _out(change: PlanChange, versions: dict[UUID, int], now: datetime) -> ChangeOut:
    return ChangeOut(
        id=change.id,
        class_id=change.class_id,
        kind=ChangeKind(change.kind),
        emergency=change.emergency,
        state=state_at(ChangeState(change.state), change.decide_by, now),
        session_id=change.session_id,
        new_session_id=change.new_session_id,
        before=change.before,
        after=change.after,
        reason=change.reason,
        asked_at=change.asked_at,
        decide_by=change.decide_by,
        decided_at=change.decided_at,
        decision_reason=change.decision_reason,
        version=versions.get(change.id),
    )


def _nothing() -> LessonProofError:
    return _error("CHANGE_NOTHING", 422, None, "与原计划相同,没有变更", "this is the plan as it is")


def _error(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
