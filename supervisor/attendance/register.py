"""The attendance register of many lesson hours at once: who counts as attending each, from the check-ins, corrections
and leave so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.attendance import repository
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.leave.repository import approved_leaves
from supervisor.profiles import profile_named
from supervisor.rules.attendance import CheckInFact, TraineeHour, attendance
from supervisor.rules.checkin import CheckInResult, Direction
from supervisor.rules.leave import covers
from supervisor.rules.lesson_hours import LessonSlot

BY_HAND = "manual"


def register(
    session: Session, lessons: Sequence[tuple[LessonHour, ClassSession, TrainingClass]], only: UUID | None = None
) -> dict[UUID, tuple[TraineeHour, ...]]:
    """Lesson hour id → one entry per roster row of its time, in roster order. `only`: of this roster row alone."""
    plans = {plan.id: plan for _, plan, _ in lessons}
    told_at = repository.earlier_rooms(session, plans.values())
    check_ins: dict[UUID, list[CheckInFact]] = {}
    facts = repository.check_in_facts(session, {*plans, *told_at}, only)
    for session_id, entry, direction, at, status, method in facts:
        fact = CheckInFact(
            trainee=str(entry),
            direction=Direction(direction),
            at=at,
            result=CheckInResult(status),
            by_hand=method == BY_HAND,
        )
        check_ins.setdefault(session_id, []).append(fact)
        if session_id in told_at:
            check_ins.setdefault(told_at[session_id], []).append(fact)
    classes = {training.id for _, _, training in lessons}
    spans, leaves = repository.roster_spans(session, classes, only), approved_leaves(session, classes)
    found = {}
    for lesson, plan, training in lessons:
        slot = LessonSlot(lesson.start, lesson.end)
        known_by = max(lesson.start, training.approved_at or lesson.start)
        found[lesson.id] = attendance(
            slot,
            [entry for entry, since, until in spans.get(training.id, []) if _on_roster(since, until, known_by)],
            check_ins.get(plan.id, []),
            {
                entry
                for entry, taken in leaves.get(training.id, {}).items()
                if any(covers(leave, slot) for leave in taken)
            },
            profile_named(training.profile).attendance,
        )
    return found


def _on_roster(since: datetime, until: datetime | None, at: datetime) -> bool:
    """Who joined late or dropped out has the lesson hours in between, and no others."""
    return since <= at and (until is None or at < until)
