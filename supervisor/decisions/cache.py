"""The life of a lesson hour out of the tables, and its cached row, which lists are made of.

`refresh` is called in the transaction of whatever changes a life: a verdict, and everything people say.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.profile import RegionProfile
from supervisor.attendance.proof import proof_rules
from supervisor.calendars import calendar_of
from supervisor.centre import Centre
from supervisor.decisions import repository
from supervisor.decisions.models import LessonLife
from supervisor.decisions.signs import extra_reasons
from supervisor.lessons import repository as lessons
from supervisor.lessons.repository import LessonRow
from supervisor.profiles import profile_named, profile_names
from supervisor.rules.verdict_life import (
    Decided,
    Drawn,
    Event,
    Explained,
    LifeFacts,
    LifeState,
    Objected,
    Result,
    Stage,
    holding,
    life,
)

BATCH = 200


def facts_of(session: Session, lesson: LessonRow, now: datetime) -> LifeFacts:
    """Everything that has happened to the lesson hour."""
    hour = lesson.hour.id
    said = repository.decisions(session, hour)
    seqs = {one.id: one.seq for one in said}
    events: list[Event] = [
        Decided(one.at, one.seq, one.version, Result(one.result), frozenset(one.signs), one.answers is not None)
        for one in said
    ]
    events += [Explained(one.at) for one in repository.explanations(session, hour)]
    events += [Objected(one.at, seqs[one.decision_id]) for one in repository.objections(session, hour)]
    events += [Drawn(one.at, one.version) for one in repository.rechecks(session, hour)]
    grace = timedelta(hours=profile_named(lesson.training.profile).offline.grace_hours)
    return LifeFacts(
        counting=repository.counting(session, hour),
        box_until=lesson.hour.end + grace,
        signs=frozenset(extra_reasons(session, lesson, now)),
        events=events,
    )


def life_at(facts: LifeFacts, now: datetime, profile: RegionProfile) -> LifeState:
    """With the working days of the class's county."""
    return life(facts, now, profile, calendar_of(profile.region))


def refresh(session: Session, lesson_hour_id: UUID, now: datetime) -> bool:
    """Write the cached row anew. True: it was another, or there was none. A lesson hour that nothing was concluded of
    has none."""
    session.flush()
    lessons.lock_lesson(session, lesson_hour_id)
    lesson = lessons.lesson_by_id(session, lesson_hour_id)
    facts = facts_of(session, lesson, now)
    if facts.counting is None:
        return False
    row = session.get(LessonLife, lesson_hour_id, populate_existing=True)
    told = _row(session, lesson, facts, now)
    if row is None:
        session.add(LessonLife(lesson_hour_id=lesson_hour_id, **told))
        session.flush()
        return True
    changed = [name for name, value in told.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, told[name])
    session.flush()
    return bool(changed)


def _row(session: Session, lesson: LessonRow, facts: LifeFacts, now: datetime) -> dict[str, object]:
    state = life_at(facts, now, profile_named(lesson.training.profile))
    assert facts.counting is not None
    decision = holding(facts) if state.stage is Stage.OBJECTED else None
    by = {one.seq: one.account_id for one in repository.decisions(session, lesson.hour.id)} if decision else {}
    return {
        "institution_id": lesson.training.institution_id,
        "stage": str(state.stage),
        "next": str(state.next),
        "since": state.since,
        "until": state.until,
        "due_at": state.until or state.since,
        "version": facts.counting.version,
        "other_than": by[decision.seq] if decision else None,
    }


def move_on(centre: Centre) -> int:
    """Scheduled: lesson hours whose term is over, and passes whose session is, without its teacher. Returns how
    many were another then."""
    now = centre.clock.now()
    asking = [name for name in profile_names() if proof_rules(profile_named(name)).teacher_first]
    with centre.uow.write() as session:
        waiting = [
            *repository.over(session, now, BATCH),
            *repository.passed_without_teacher(session, asking, now, BATCH),
        ]
        return sum(refresh(session, one, now) for one in waiting)


def rebuild(centre: Centre) -> int:
    """Scheduled: every cached row from the tables, in transactions of their own. Returns how many were another."""
    changed, after = 0, None
    while True:
        with centre.uow.write() as session:
            batch = repository.judged(session, after, BATCH)
            changed += sum(refresh(session, one, centre.clock.now()) for one in batch)
        if len(batch) < BATCH:
            return changed
        after = batch[-1]
