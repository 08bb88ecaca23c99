"""Whom a decision on a lesson hour is about: everybody on the roster at that time, masked, and how they attended."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from supervisor.attendance import staff_repository
from supervisor.attendance.register import register
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.decisions.service import found
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.masking import mask_name


@dataclass(frozen=True, slots=True)
class Person:
    """`attends`: the hour is theirs to lose."""

    roster_entry_id: UUID
    name: str
    status: AttendanceStatus
    attends: bool


def people_of(centre: Centre, caller: Caller, lesson_hour_id: UUID) -> list[Person]:
    """In roster order. Raises LessonProofError LESSON_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        lesson = found(session, caller, lesson_hour_id)
        present = register(session, [(lesson.hour, lesson.session, lesson.training)])[lesson.hour.id]
        names = staff_repository.names(session, lesson.training.id)
    return [Person(UUID(one.trainee), mask_name(names[UUID(one.trainee)]), one.status, one.attends) for one in present]
