"""Make-up check-ins (补签): told by the teacher, approved by the county, always flagged (A-14)."""

from __future__ import annotations

from uuid import UUID

from supervisor.attendance.models import CheckIn
from supervisor.attendance.register import BY_HAND
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.service import found_class, require_status
from supervisor.leave import repository
from supervisor.leave.decisions import LATER_TOO, asked, decide, decided, on_roster, refusal, text_hash
from supervisor.leave.models import MakeupRequest
from supervisor.leave.schemas import Decision, MakeupIn, MakeupOut
from supervisor.lessons.verdicts import rejudge_session
from supervisor.profiles import profile_named
from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction, SessionTimes
from supervisor.rules.leave import check_makeup


def ask_makeup(centre: Centre, caller: Caller, class_id: UUID, wanted: MakeupIn) -> MakeupOut:
    """补签. Raises LessonProofError CLASS_NOT_FOUND, SESSION_NOT_FOUND, TRAINEE_NOT_FOUND (404), CLASS_STATUS (409),
    and 422 MAKEUP_TIME, MAKEUP_TOO_LATE, MAKEUP_TOO_MANY."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)  # so that nobody is counted twice
        require_status(training, *LATER_TOO)
        held = repository.session_of(session, class_id, wanted.session_id)
        if held is None:
            raise refusal("SESSION_NOT_FOUND", 404, "/session_id", "班级没有这次课", "the class has no such session")
        entry = on_roster(session, class_id, wanted.roster_entry_id)
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
            speaks_of=makeup.at.isoformat(), reason_sha256=text_hash(makeup.reason),
        )  # fmt: skip
        return _makeup_out(makeup)


def decide_makeup(centre: Centre, caller: Caller, makeup_id: UUID, approved: bool, decision: Decision) -> MakeupOut:
    """Approved: a check-in by hand, always for review, at the time it speaks of; those that are there stay.

    Raises LessonProofError MAKEUP_NOT_FOUND (404), MAKEUP_DECIDED (409: the other way)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        makeup, _ = asked(session, caller, MakeupRequest, makeup_id, "MAKEUP", "补签", "make-up check-in")
        if decided(makeup, approved, "MAKEUP", "补签", "make-up check-in"):
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
        decide(session, makeup, approved, decision, caller, now, f"makeup_request:{makeup.id}", "makeup")
        if approved:
            rejudge_session(session, makeup.session_id, now)
        return _makeup_out(makeup)


def makeups(centre: Centre, caller: Caller, class_id: UUID) -> list[MakeupOut]:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        found_class(session, caller, class_id)
        return [_makeup_out(one) for one in repository.of_class(session, class_id, MakeupRequest)]


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
