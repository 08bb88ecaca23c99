"""Which lesson hours may be made up for (补课): those that failed or were cancelled, and are not made up for yet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.changes import repository
from supervisor.classes.models import ClassSession, LessonHour
from supervisor.lessons import repository as lessons
from supervisor.rules.plan_change import OPEN, ChangeKind, ChangeState, state_at
from supervisor.rules.verdict import VerdictState

_FAILED = (VerdictState.FAIL_PROPOSED, VerdictState.NO_DATA_YET)
"""Verdicts for which a make-up lesson may be asked (Q14, Q23); a REVIEW is first decided by a person."""


def makeable(session: Session, class_id: UUID, now: datetime) -> dict[UUID, tuple[LessonHour, ClassSession]]:
    """Lesson hour of the plan → itself and its session, in the order of the plan. One that another request, still open
    at `now`, wants to make up for is left out. For callers that have already been let into the class."""
    hours = repository.hours_of(session, class_id)
    asked = repository.changes(session, class_id)
    kinds = {change.id: change.kind for change in asked}
    verdicts = lessons.verdicts(session, (hour.id for hour, _ in hours))

    def failed(hour: LessonHour, held: ClassSession) -> bool:
        """Not held: cancelled, and not held elsewhere. Held: as the verdict that counts says."""
        if held.voided_by_change is not None:
            return kinds[held.voided_by_change] == ChangeKind.CANCEL
        counting = next((one for one in verdicts.get(hour.id, []) if one.source != "box"), None)
        return counting is not None and VerdictState(counting.state) in _FAILED

    tried = {hour.makes_up_for for hour, held in hours if held.voided_at is None and not failed(hour, held)}
    wanted = {
        UUID(one)
        for change in asked
        if change.kind == ChangeKind.MAKEUP_LESSON
        and state_at(ChangeState(change.state), change.decide_by, now) in OPEN
        for one in change.after["makes_up_for"]
    }
    return {
        hour.id: (hour, held)
        for hour, held in hours
        if hour.makes_up_for is None and failed(hour, held) and hour.id not in tried | wanted
    }
