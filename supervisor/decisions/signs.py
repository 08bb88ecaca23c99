"""What the centre knows of a lesson hour beside its verdict, and a person should look at: a pass with such a sign is a
review. One place to ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from supervisor.changes.repository import flags
from supervisor.lessons.repository import LessonRow
from supervisor.patrol.repository import answers_of_lesson
from supervisor.rules.roll_call import Answer, needs_review

Sign = Callable[[Session, LessonRow], Sequence[str]]
"""Reason codes (RULES 1.5) of this lesson hour, now. Whoever changes what it answers calls `cache.refresh`."""


def unconfirmed(session: Session, lesson: LessonRow) -> Sequence[str]:
    """A change of the plan that nobody confirmed: OUTSIDE_PLAN, WRONG_ROOM (Q22)."""
    return flags(session, [lesson.hour.id]).get(lesson.hour.id, [])


def not_seen(session: Session, lesson: LessonRow) -> Sequence[str]:
    """Somebody drawn in a roll call was not there (A-23)."""
    called = [Answer(one) for one in answers_of_lesson(session, lesson.hour.id)]
    return ("ROLL_CALL_NOT_SEEN",) if needs_review(called) else ()


SIGNS: Sequence[Sign] = (unconfirmed, not_seen)


def extra_reasons(session: Session, lesson: LessonRow) -> list[str]:
    return sorted({code for sign in SIGNS for code in sign(session, lesson)})
