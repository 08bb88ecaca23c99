"""What the centre knows of a lesson hour beside its verdict, and a person should look at: a pass with such a sign is a
review. Each feature registers its own, so that there is one place to ask."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from supervisor.lessons.repository import LessonRow

Sign = Callable[[Session, LessonRow], list[str]]
"""Reason codes (RULES 1.5) of this lesson hour, now. Whoever changes what it answers calls `cache.refresh`."""

SIGNS: list[Sign] = []


def extra_reasons(session: Session, lesson: LessonRow) -> list[str]:
    return sorted({code for sign in SIGNS for code in sign(session, lesson)})
