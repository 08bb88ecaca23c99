"""Work by the clock: APScheduler keeps the jobs in memory, a row (job, slot) makes each slot run once across
replicas."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from config.clock import CHINA
from supervisor.accounts.repository import forget_expired
from supervisor.attendance.box_card import make_card_hashes
from supervisor.attendance.proof import forget_places
from supervisor.audit.cosigning import collect
from supervisor.audit.models import JobRun
from supervisor.centre import Centre
from supervisor.changes.service import lapse
from supervisor.decisions.cache import move_on, rebuild
from supervisor.decisions.exemptions import end_exemptions
from supervisor.decisions.rechecks import draw_rechecks
from supervisor.exams.service import advance_classes
from supervisor.lessons.sweep import sweep_silence
from supervisor.registry.reconcile import reconcile_yesterday
from supervisor.registry.sending import send_waiting
from supervisor.retention.retire import retire_clips
from supervisor.retention.scrub import scrub_clips
from supervisor.rosters.comparison import compare_by_night
from supervisor.rosters.lists import forget_lists
from supervisor.selfies.service import forget_selfies
from supervisor.spans.retire import retire_spans
from supervisor.spans.uploads import expire_spans

log = logging.getLogger(__name__)

Job = Callable[[Centre], int]
KEPT = timedelta(days=7)


def forget(centre: Centre) -> int:
    """Sign-in sessions, setup links and job claims whose time is over."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        session.execute(delete(JobRun).where(JobRun.slot < now - KEPT))
        return forget_expired(session, now)


JOBS: dict[str, tuple[Job, timedelta]] = {
    "sweep_silence": (sweep_silence, timedelta(minutes=1)),
    "lapse_changes": (lapse, timedelta(minutes=1)),
    "cosign_log": (collect, timedelta(minutes=1)),
    "lives_move_on": (move_on, timedelta(minutes=1)),
    "rebuild_lives": (rebuild, timedelta(days=1)),
    "advance_classes": (advance_classes, timedelta(minutes=5)),
    "draw_rechecks": (draw_rechecks, timedelta(days=1)),
    "end_exemptions": (end_exemptions, timedelta(days=1)),
    "forget": (forget, timedelta(hours=1)),
    "forget_places": (forget_places, timedelta(days=1)),
    "forget_selfies": (forget_selfies, timedelta(hours=1)),
    "make_card_hashes": (make_card_hashes, timedelta(minutes=1)),
    "retire_clips": (retire_clips, timedelta(days=1)),
    "retire_spans": (retire_spans, timedelta(days=1)),
    "expire_spans": (expire_spans, timedelta(minutes=1)),
    "send_to_registry": (send_waiting, timedelta(minutes=1)),
    "reconcile_registry": (reconcile_yesterday, timedelta(days=1)),
    "scrub_clips": (scrub_clips, timedelta(days=1)),
    "forget_lists": (forget_lists, timedelta(hours=1)),
    "compare_rosters": (compare_by_night, timedelta(days=1)),
}
LOOK = timedelta(hours=1)
"""A slot begins at midnight of the site; whether a long one has been run is looked at this often, so that a centre that
is started every morning has its nights too."""


def claim(centre: Centre, job: str, slot: datetime) -> bool:
    """True for exactly one caller per (job, slot)."""
    try:
        with centre.uow.write() as session:
            session.add(JobRun(job=job, slot=slot, claimed_at=centre.clock.now()))
    except IntegrityError:
        return False
    return True


def run(centre: Centre, job: str) -> None:
    """Run `job` for the present slot if nobody else has. A failure is logged; the next slot tries again."""
    work, every = JOBS[job]
    now = centre.clock.now()
    midnight = datetime(1970, 1, 1, tzinfo=CHINA)
    slot = (midnight + (now - midnight) // every * every).astimezone(UTC)
    try:
        if claim(centre, job, slot):
            done = work(centre)
            log.info("job %s: %d", job, done)
    except Exception:
        log.exception("job %s failed", job)


def scheduler(centre: Centre) -> BackgroundScheduler:
    """Not started yet."""
    jobs = BackgroundScheduler(timezone=UTC)
    for job, (_, every) in JOBS.items():
        often = min(every, LOOK).total_seconds()
        jobs.add_job(run, "interval", args=[centre, job], seconds=often, max_instances=1, coalesce=True)
    return jobs
