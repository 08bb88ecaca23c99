"""The attendance register of many lesson hours at once: who counts as attending each, from the check-ins so far."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.attendance import repository
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.profiles import profile_named
from supervisor.rules.attendance import CheckInFact, TraineeHour, attendance
from supervisor.rules.checkin import CheckInResult, Direction
from supervisor.rules.lesson_hours import LessonSlot

BY_HAND = "manual"


def register(
    session: Session, lessons: Sequence[tuple[LessonHour, ClassSession, TrainingClass]]
) -> dict[UUID, tuple[TraineeHour, ...]]:
    """Lesson hour id → one entry per roster row, in roster order."""
    check_ins: dict[UUID, list[CheckInFact]] = {}
    facts = repository.check_in_facts(session, {plan.id for _, plan, _ in lessons})
    for session_id, entry, direction, at, status, method in facts:
        fact = CheckInFact(
            trainee=str(entry),
            direction=Direction(direction),
            at=at,
            result=CheckInResult(status),
            by_hand=method == BY_HAND,
        )
        check_ins.setdefault(session_id, []).append(fact)
    refs = repository.roster_refs(session, {training.id for _, _, training in lessons})
    return {
        lesson.id: attendance(
            LessonSlot(lesson.start, lesson.end),
            refs.get(training.id, []),
            check_ins.get(plan.id, []),
            (),  # leave requests come with a later feature
            profile_named(training.profile).attendance,
        )
        for lesson, plan, training in lessons
    }
