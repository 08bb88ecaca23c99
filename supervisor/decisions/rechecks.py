"""The daily draw of passes for a person to look at again (RULES 1.7). The seed is in the centre's log before anything
is drawn with it, and follows from that log, so that nobody picks."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.clock import CHINA
from supervisor.audit.log import size, tree_of
from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.contract.evidence import sha256_hex
from supervisor.decisions.cache import refresh
from supervisor.decisions.models import LessonLife, Recheck, RecheckDraw
from supervisor.profiles import profile_named
from supervisor.rules.draw import draw
from supervisor.rules.verdict_life import Stage

_DAY = timedelta(days=1)


def draw_rechecks(centre: Centre) -> int:
    """Scheduled: every day since the last draw up to yesterday (Asia/Shanghai). Returns how many lesson hours were
    drawn."""
    today = centre.clock.now().astimezone(CHINA).date()
    with centre.uow.read() as session:
        last = session.scalar(select(func.max(RecheckDraw.day)).where(RecheckDraw.drawn_at.is_not(None)))
    day, drawn = today - _DAY if last is None else last + _DAY, 0
    while day < today:
        _seed(centre, day)
        drawn += _draw(centre, day)
        day += _DAY
    return drawn


def seed_of(day: date, log_size: int, log_root: str) -> str:
    """SHA-256, hex. `log_root`: of the centre's log when it had `log_size` entries, hex."""
    return sha256_hex(f"recheck:{day.isoformat()}:{log_size}:{log_root}".encode())


def _seed(centre: Centre, day: date) -> None:
    """In a transaction of its own. A draw that was cut off goes on with the seed it had."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        if session.get(RecheckDraw, day) is not None:
            return
        entries = size(session)
        root = tree_of(session).root(entries).hex()
        seed = seed_of(day, entries, root)
        session.add(RecheckDraw(day=day, at=now, log_size=entries, log_root=root, seed=seed))
        record(session, now, CENTRE, "recheck_seed", f"recheck_draw:{day}", log_size=entries, log_root=root, seed=seed)


def _draw(centre: Centre, day: date) -> int:
    now = centre.clock.now()
    with centre.uow.write() as session:
        opened = session.get_one(RecheckDraw, day, with_for_update=True)
        if opened.drawn_at is not None:
            return 0
        chosen, candidates = [], 0
        for ratio, passes in sorted(_passes(session, day).items()):
            candidates += len(passes)
            numbers = draw(bytes.fromhex(opened.seed), (one.int for one in passes), ratio)
            chosen += [(UUID(int=number), passes[UUID(int=number)]) for number in numbers]
        for hour, version in sorted(chosen):
            session.add(Recheck(lesson_hour_id=hour, day=day, at=now, version=version))
            refresh(session, hour, now)
        opened.drawn_at = now
        told = sorted(str(hour) for hour, _ in chosen)
        record(session, now, CENTRE, "recheck_drawn", f"recheck_draw:{day}", candidates=candidates, lesson_hours=told)
        return len(chosen)


def _passes(session: Session, day: date) -> dict[float, dict[UUID, int]]:
    """Share to draw, by each class's own rules → the lesson hours that passed on this day, with their version."""
    start = datetime.combine(day, time(), CHINA)
    query = (
        select(LessonLife.lesson_hour_id, LessonLife.version, TrainingClass.profile)
        .join(LessonHour, LessonHour.id == LessonLife.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(LessonLife.stage == Stage.PASS, LessonLife.since >= start, LessonLife.since < start + _DAY)
    )
    found: dict[float, dict[UUID, int]] = defaultdict(dict)
    for hour, version, profile in session.execute(query):
        found[profile_named(profile).decision.recheck_ratio][hour] = version
    return found
