"""Changes to an approved plan: asked by the institution, decided by the county, never written over what was.

A session that is moved to another time or room, or cancelled, becomes a void row; what is held instead is a session of
its own with lesson hours and a check-in address of its own, because the signed log says of each lesson hour when and
where it was approved. A substitute teacher changes neither, so the session stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.audit.service import CENTRE, record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.changes import repository
from supervisor.changes.makeable import makeable
from supervisor.changes.models import PlanChange, PlanFlag, PlanVersion
from supervisor.changes.schemas import (
    Changeable,
    ChangeIn,
    ChangeOut,
    Decision,
    MakeableHour,
    MakeupLesson,
    PlanOut,
    RoomChoice,
)
from supervisor.changes.wanted import WantedPlan, after_of, as_planned, kept_plan, wanted_plan
from supervisor.classes import repository as classes
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.classes.plan import add_session, planned, row_times
from supervisor.classes.service import found_class, require_status
from supervisor.contract.evidence import sha256_hex
from supervisor.decisions.cache import refresh
from supervisor.lessons import repository as lessons
from supervisor.profiles import profile_named
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
        plan = wanted_plan(session, training, wanted, now)
        emergency = not isinstance(wanted, MakeupLesson) and wanted.emergency
        begins = [] if isinstance(wanted, MakeupLesson) else [plan.held.start]
        begins += [] if plan.row is None else [row_times(plan.row, 0)[0]]
        until = decide_by(now, begins, change_rules(profile_named(training.profile)), emergency=emergency)
        change = PlanChange(
            class_id=class_id,
            kind=wanted.kind,
            emergency=emergency,
            session_id=plan.held.id,
            before=as_planned(plan.held),
            after=after_of(plan, ChangeKind(wanted.kind)),
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


def changeable(centre: Centre, caller: Caller, class_id: UUID) -> Changeable:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        training = found_class(session, caller, class_id)
        return Changeable(
            confirm_hours=change_rules(profile_named(training.profile)).emergency_confirm_hours,
            rooms=[
                RoomChoice(id=room, name=f"{site} {name}", watched=watched or training.exempt is not None)
                for room, site, name, watched in repository.rooms(session, training.institution_id)
            ],
            hours=[
                MakeableHour(id=hour.id, start=hour.start, end=hour.end, cancelled=held.voided_at is not None)
                for hour, held in makeable(session, class_id, now).values()
            ],
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
            _apply(session, training, change, kept_plan(session, training, change), now, caller.actor)
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


def _apply(
    session: Session, training: TrainingClass, change: PlanChange, plan: WantedPlan, now: datetime, actor: str
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
        refresh(session, hour.id, now)


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


def _error(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
