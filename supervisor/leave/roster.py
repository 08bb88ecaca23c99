"""Who leaves a class or joins it after the opening: the county decides, the history stays (RULES 2.6)."""

from __future__ import annotations

from uuid import UUID

from config.clock import CHINA
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.models import RosterEntry, TrainingClass
from supervisor.classes.schemas import RosterRow
from supervisor.classes.service import found_class, require_status
from supervisor.leave import repository
from supervisor.leave.decisions import UNDER_WAY, asked, decide, decided, on_roster, refusal, text_hash
from supervisor.leave.models import DropOut
from supervisor.leave.schemas import Decision, DropOutIn, DropOutOut, JoinedOut
from supervisor.profiles import profile_named
from supervisor.registry.outbox import tell_person
from supervisor.rosters.comparison import run_checks
from supervisor.rosters.enrolment import add_roster, id_numbers
from supervisor.rules.leave import may_join
from supervisor.rules.plan_change import change_rules


def ask_drop_out(centre: Centre, caller: Caller, class_id: UUID, wanted: DropOutIn) -> DropOutOut:
    """Raises LessonProofError CLASS_NOT_FOUND, TRAINEE_NOT_FOUND (404), CLASS_STATUS, DROP_OUT_PENDING (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, *UNDER_WAY)
        entry = on_roster(session, class_id, wanted.roster_entry_id)
        if repository.drop_out_pending(session, entry.id):
            raise refusal("DROP_OUT_PENDING", 409, "/roster_entry_id", "该学员已有退班申请", "it was asked already")
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
            roster_entry=str(entry.id), reason_sha256=text_hash(wanted.reason),
        )  # fmt: skip
        return _drop_out(drop_out)


def decide_drop_out(
    centre: Centre, caller: Caller, drop_out_id: UUID, approved: bool, decision: Decision
) -> DropOutOut:
    """Approved: withdrawn from now on; hours before stay as they were.

    Raises LessonProofError DROP_OUT_NOT_FOUND (404), DROP_OUT_DECIDED (409: the other way)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        drop_out, _ = asked(session, caller, DropOut, drop_out_id, "DROP_OUT", "退班申请", "drop-out")
        if decided(drop_out, approved, "DROP_OUT", "退班申请", "drop-out"):
            return _drop_out(drop_out)
        if approved:
            entry = session.get_one(RosterEntry, drop_out.roster_entry_id)
            entry.status, entry.left_at = "withdrawn", now
            tell_person(session, now, session.get_one(TrainingClass, entry.class_id), entry)
        decide(session, drop_out, approved, decision, caller, now, f"drop_out:{drop_out.id}", "drop_out")
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
            raise refusal("JOIN_TOO_LATE", 409, None, "课程进度已超过可以增员的时间", "too much of the plan has begun")
        numbers = id_numbers([wanted], profile, now.astimezone(CHINA).date())
        size, position = repository.roster_end(session, class_id)
        if size >= profile.opening.class_max:
            most = profile.opening.class_max
            raise refusal("CLASS_TOO_LARGE", 422, None, f"班级已满 {most} 人", f"the class has its {most} trainees")
        if repository.has_trainee(session, class_id, centre.vault.lookup("id_number", numbers[0])):
            raise refusal("TRAINEE_ON_ROSTER", 409, "/id_number", "该学员已在花名册上", "already on the roster")
        (entry,) = add_roster(centre, session, training, [wanted], numbers, now, position)
        tell_person(session, now, training, entry)
        run_checks(centre, session, training, now, "demand", caller.actor)  # a hit is an alarm: the class is approved
        record(session, now, caller.actor, "trainee_joined", f"roster_entry:{entry.id}", class_id=str(class_id))
        return JoinedOut(roster_entry_id=entry.id)


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
