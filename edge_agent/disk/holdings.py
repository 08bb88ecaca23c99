"""What the box holds that could be past its term, and the lesson hours that speak for it: from the index, read only."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from config.clock import epoch_ms
from edge_agent.disk.ladder import Held, Hour, Terms
from edge_agent.lessons.plan import Plan
from storage.evidence.tables import ClipRow, LessonRow, Segment
from storage.retention import DAY_MS, LEAST_DAYS, Kind
from supervisor.rules.evidence import LONGEST_MS

_MOST = 20_000  # files a look; the rest follows at the next one
_LEAST = LEAST_DAYS[Kind.RECORDING]


def terms_of(session: Session, plan: Plan | None, now_ms: int) -> Terms:
    """A clock that runs ahead deletes nothing: only a time at which the centre answered counts."""
    confirmed_ms = None if plan is None else epoch_ms(plan.confirmed_at)
    known = list(session.scalars(select(LessonRow.raw_days).where(LessonRow.raw_days.is_not(None)).distinct()))
    known += [hour.profile.retention.raw_days for hour in plan.hours()] if plan is not None else []
    known += [profile.retention.raw_days for profile in plan.state.profiles.values()] if plan is not None else []
    return Terms(
        today_ms=None if confirmed_ms is None else min(now_ms, confirmed_ms),
        longest_days=max((days for days in known if days is not None), default=None),
    )


def hours_of(session: Session, plan: Plan | None) -> list[Hour]:
    """Judged hours of the index, and hours of the plan that are still to be judged."""
    waiting = exists().where(ClipRow.lesson_hour_id == LessonRow.lesson_hour_id, ClipRow.delivered.is_(False))
    judged = session.execute(select(LessonRow, waiting)).all()
    done = {row.lesson_hour_id for row, _ in judged}
    held = set() if plan is None else {str(lesson) for lesson in plan.state.held}
    hours = [
        Hour(
            _start_of(row), row.end_ms, row.raw_days or _LEAST,
            settled=not undelivered, held=row.lesson_hour_id in held,
        )
        for row, undelivered in judged
    ]  # fmt: skip
    for hour in plan.hours() if plan is not None else ():
        if hour.id not in done:
            hours.append(Hour(hour.start_ms, hour.end_ms, hour.profile.retention.raw_days, settled=False))
    return hours


def held_of(session: Session, terms: Terms) -> list[Held]:
    """Files old enough to be looked at, in the order in which they were recorded."""
    if terms.today_ms is None:
        return []
    floor_ms = terms.today_ms - _LEAST * DAY_MS
    return [*_segments(session, terms.today_ms, floor_ms), *_clips(session, floor_ms)]


def _segments(session: Session, today_ms: int, floor_ms: int) -> Iterable[Held]:
    """What was recorded after another file of its camera is not older than that file, whatever the clock said then."""
    possible = case((Segment.start_ms <= today_ms, Segment.start_ms))
    dated = select(
        Segment.id,
        Segment.start_ms,
        (Segment.start_ms + Segment.media_ms).label("end_ms"),
        Segment.bytes,
        Segment.closed,
        Segment.fate,
        func.coalesce(func.max(possible).over(partition_by=Segment.camera_id, order_by=Segment.id), today_ms).label(
            "recorded_ms"
        ),
    ).subquery()
    rows = session.execute(
        select(dated)
        .where(dated.c.closed, dated.c.fate.is_(None), dated.c.recorded_ms < floor_ms, dated.c.end_ms < floor_ms)
        .order_by(dated.c.id)
        .limit(_MOST)
    )
    for row in rows:
        yield Held("segment", row.id, row.start_ms, row.end_ms, row.recorded_ms, row.bytes)


def _clips(session: Session, floor_ms: int) -> Iterable[Held]:
    rows = session.execute(
        select(ClipRow, LessonRow)
        .join(LessonRow, LessonRow.lesson_hour_id == ClipRow.lesson_hour_id)
        .where(ClipRow.fate.is_(None), ClipRow.delivered, LessonRow.end_ms < floor_ms)
        .order_by(LessonRow.end_ms)
        .limit(_MOST)
    ).all()
    for clip, lesson in rows:
        yield Held(
            "clip", clip.sha256, _start_of(lesson), lesson.end_ms, lesson.end_ms, clip.bytes, delivered=clip.delivered
        )


def _start_of(row: LessonRow) -> int:
    return row.end_ms - LONGEST_MS if row.start_ms is None else row.start_ms
