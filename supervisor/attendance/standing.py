"""What a phone may know of its own person: their hours so far, how many may be missed, what is still ahead."""

from __future__ import annotations

from supervisor.attendance import repository
from supervisor.attendance.device import read_device
from supervisor.attendance.own_check_ins import own_check_ins
from supervisor.attendance.register import register
from supervisor.attendance.schemas import OwnHalfDay, OwnStanding
from supervisor.attendance.service import session_coded
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession
from supervisor.profiles import profile_named
from supervisor.rules.attendance_rates import may_still_miss, needed_hours
from supervisor.rules.checkin import CheckInResult, Direction, SessionTimes, check_in_window


def standing_of(centre: Centre, code: str, cookie: str | None) -> OwnStanding | None:
    """None: the phone has checked nobody of this class in. Raises LessonProofError SESSION_NOT_FOUND (404)."""
    now, device = centre.clock.now(), read_device(centre.vault, cookie)
    with centre.uow.read() as session:
        _, training, _, _ = session_coded(session, code)
        known = repository.entry_of(session, training.id, device.trainee_id) if device.trainee_id else None
        if known is None:
            return None
        entry = known[0].id
        lessons = repository.hours_of_class(session, training.id)
        found = register(session, lessons, entry)
        mine = [(hour, plan, found[hour.id][0]) for hour, plan, _ in lessons if found[hour.id]]
        made = own_check_ins(session, entry)
    rules = profile_named(training.profile)
    over = [(plan, one) for hour, plan, one in mine if hour.end <= now]
    attended = sum(one.attends for _, one in over)
    begun = {plan.id: plan for _, plan, _ in mine if plan.start <= now}
    half_days = []
    for plan in begun.values():
        own = made.get(plan.id, [])
        counted = {one.direction for one in own if one.status is not CheckInResult.REJECTED}
        closes = check_in_window(Direction.OUT, SessionTimes(plan.start, plan.end), rules.checkin).closes
        states = [one for other, one in over if other.id == plan.id]
        half_days.append(
            OwnHalfDay(
                start=plan.start,
                end=plan.end,
                hours=len(states),
                attended=sum(one.attends for one in states),
                states=[one.status for one in states],
                check_ins=own,
                no_out=Direction.IN in counted and Direction.OUT not in counted and now > closes,
            )
        )
    return OwnStanding(
        attended=attended,
        planned=len(mine),
        needed=needed_hours(len(mine), rules.attendance.personal_min),
        may_miss=may_still_miss(attended, len(over), len(mine), rules.attendance.personal_min),
        makeup_hours=rules.checkin.makeup_hours,
        half_days=sorted(half_days, key=lambda one: one.start, reverse=True),
    )


def sessions_ahead(centre: Centre, code: str) -> list[ClassSession]:
    """Of the class, not begun yet, in their order. Raises LessonProofError SESSION_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        _, training, _, _ = session_coded(session, code)
        plans = {plan.id: plan for _, plan, _ in repository.hours_of_class(session, training.id)}
    return sorted((plan for plan in plans.values() if plan.start > now), key=lambda plan: plan.start)
