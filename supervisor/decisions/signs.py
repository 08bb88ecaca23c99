"""What the centre knows of a lesson hour beside its verdict, and a person should look at: a pass with such a sign is a
review. One place to ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from supervisor.attendance.proof import proof_rules
from supervisor.attendance.staff_repository import teacher_came
from supervisor.changes.repository import flags
from supervisor.decisions.exempt import exempt_of
from supervisor.lessons.repository import LessonRow
from supervisor.patrol.repository import answers_of_lesson
from supervisor.profiles import profile_named
from supervisor.rules.proxy import ProxyCode
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


def no_teacher(session: Session, lesson: LessonRow) -> Sequence[str]:
    """The session, once over, had no teacher's check-in, where the class's rules ask for one (RULES 2.5). Who is
    exempt from checking in has no teacher who must."""
    asked = proof_rules(profile_named(lesson.training.profile)).teacher_first
    if not asked or teacher_came(session, lesson.session) or exempt_of(session, lesson):
        return ()
    return (ProxyCode.NO_TEACHER.value,)


SIGNS: Sequence[Sign] = (unconfirmed, not_seen)
OF_WHAT_IS_OVER: Sequence[Sign] = (no_teacher,)
"""Only after the session's end; `cache.move_on` looks then."""


def extra_reasons(session: Session, lesson: LessonRow, now: datetime) -> list[str]:
    signs = (*SIGNS, *OF_WHAT_IS_OVER) if now >= lesson.session.end else SIGNS
    return sorted({code for sign in signs for code in sign(session, lesson)})
