"""The teacher's roll call at the box's screen, out of the box's signed log: works without the centre, arrives later.

Its check-ins are for review until a trainee or an inspector confirms, like those of a roll call at the centre. An
entry that cannot be applied is kept as log and noted: refusing it would block the box's log for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from config.clock import from_epoch_ms
from supervisor.attendance import repository, staff_repository
from supervisor.attendance.models import CheckIn, TeacherRollCall, TeacherRollCallCheckIn
from supervisor.attendance.proof import methods_at
from supervisor.audit.service import record
from supervisor.contract.log import RollCallEntry
from supervisor.devices.models import Box
from supervisor.devices.repository import APPROVED
from supervisor.lessons.verdicts import rejudge_session
from supervisor.profiles import profile_named
from supervisor.registry.outbox import tell_check_in
from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction, SessionTimes, check_in_window
from supervisor.rules.checkin_methods import Method

LATE = timedelta(minutes=1)  # what arrives sooner after it was called speaks of its arrival
AHEAD = timedelta(minutes=5)  # the box's clock may be before the centre's by so much


def take_roll_call(session: Session, box: Box, index: int, entry: RollCallEntry, now: datetime) -> None:
    """Applied once: another entry with the same id is a copy. Who is not on the roster is left out, and noted."""
    if session.get(TeacherRollCall, entry.roll_call_id) is not None:
        return
    called_at = from_epoch_ms(entry.at)
    fault = fault_of(session, box, entry.session_id, entry.direction, Method.ROLL_CALL, called_at, now)
    subject = f"session:{entry.session_id}"
    if fault is not None:
        record(session, now, f"box:{box.id}", "roll_call_not_applied", subject, alarm=True, index=index, reason=fault)
        return
    found = staff_repository.session_of_box(session, box.id, entry.session_id)
    assert found is not None
    held, training = found
    spans = repository.roster_spans(session, [training.id]).get(training.id, [])
    roster = {one for one, since, until in spans if since <= called_at and (until is None or called_at < until)}
    here = {
        one.roster_entry_id
        for one in repository.check_ins(session, [held.id])
        if one.direction == entry.direction and one.status != CheckInResult.REJECTED
    }
    known = [one for one in dict.fromkeys(entry.present) if str(one) in roster]
    added = [one for one in known if one not in here]
    late = now - called_at > LATE
    call = TeacherRollCall(
        id=entry.roll_call_id, session_id=held.id, direction=entry.direction, at=called_at, box_id=box.id
    )
    session.add(call)
    session.flush()
    trainees = repository.trainees_of(session, added)
    for person in added:
        row = CheckIn(
            session_id=held.id,
            roster_entry_id=person,
            direction=entry.direction,
            at=now,
            method=Method.ROLL_CALL,
            device_hash=None,
            idempotency_key=uuid5(entry.roll_call_id, str(person)).hex,
            status=CheckInResult.REVIEW,
            reasons=[CheckInReason.MANUAL, *([CheckInReason.OFFLINE_LATE] if late else [])],
            made_at=called_at if late else None,
        )
        session.add(row)
        session.flush()
        session.add(TeacherRollCallCheckIn(check_in_id=row.id, roll_call_id=call.id))
        tell_check_in(session, now, training, row, trainees[person])
    session.flush()
    record(
        session, now, f"box:{box.id}", "roll_called", f"roll_call:{call.id}",
        session_id=str(held.id), direction=entry.direction.value, people=len(added),
        strangers=len(entry.present) - len(known), index=index,
    )  # fmt: skip
    rejudge_session(session, held.id, now)


def fault_of(
    session: Session, box: Box, session_id: UUID, direction: Direction, method: Method, at: datetime, now: datetime
) -> str | None:
    """Why what happened at the box's screen `at` is not applied: a code. The box's clock decides whether it was in
    time, within the county's grace for boxes that were off line."""
    found = staff_repository.session_of_box(session, box.id, session_id)
    if found is None or found[0].voided_at is not None:
        return "SESSION_NOT_FOUND"
    held, training = found
    profile = profile_named(training.profile)
    window = check_in_window(direction, SessionTimes(held.start, held.end), profile.checkin)
    second = at.replace(microsecond=0)
    if training.status not in APPROVED:
        return "NO_SESSION"
    if method not in methods_at(session, box.site_id):
        return "METHOD_NOT_ENABLED"
    if at > now + AHEAD:
        return "CLOCK_SKEW"
    if second < window.opens:
        return "TOO_EARLY"
    if second > window.closes or now > held.end + timedelta(hours=profile.offline.grace_hours):
        return "TOO_LATE"
    return None
