"""The replay watch: past lesson hours are checked while the box has nothing else to do, one after the other.

The day's lesson hours are looked at when they are over for a while and no recording runs or is about to; at night, that
is, in most schools. A recording that comes nearer, or the end of the agent, stops a check at once: the fingerprints
made so far are kept and the next quiet hour goes on from there. One log entry a lesson hour, also when nothing could be
checked, written in the transaction that marks the hour as looked at.
"""

from __future__ import annotations

import logging
import os
import threading
from datetime import timedelta

from config.clock import Clock, epoch_ms
from edge_agent.lessons.plan import PlanStore
from edge_agent.lessons.timetable import recordings
from edge_agent.paths import BoxPaths
from edge_agent.replay.check import PastHour, check, count_waiting, next_waiting
from edge_agent.replay.describe import Interrupted
from edge_agent.replay.library import Library
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from storage.evidence.tables import LessonRow
from supervisor.contract.log import ReplayEntry

log = logging.getLogger(__name__)

AFTER = timedelta(hours=1)  # a lesson hour is left alone so long: its clip goes first
BEFORE = timedelta(minutes=30)  # before a recording the box is left alone
EVERY_S = 60.0
_DAY_MS = 86_400_000
_NICEST = 19


class ReplayWatch:
    """`keep_days`: how long fingerprints are kept, and so how far back a lesson hour is compared."""

    def __init__(
        self, work: UnitOfWork, plans: PlanStore, paths: BoxPaths, clock: Clock, *, lead_s: float, keep_days: int
    ) -> None:
        self._work = work
        self._plans = plans
        self._paths = paths
        self._clock = clock
        self._lead_s = lead_s
        self._keep_days = keep_days
        self._library = Library(paths.fingerprints)
        self._failed: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set, in a thread of its own, which gives way to every other."""
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICEST)
        while not stop.is_set():
            try:
                if self.tick(stop) is not None:
                    continue
            except Exception:  # a full disk, a locked database: a later turn tries again
                log.exception("looking for replays failed")
            stop.wait(EVERY_S)

    def tick(self, stop: threading.Event) -> ReplayEntry | None:
        """Check the oldest lesson hour that waits; None: none waits, or the box has something better to do. Raises what
        went wrong with an hour, which then waits behind all others."""
        if not self.quiet():
            return None
        hour = next_waiting(self._work, *self._reach_ms(), self._failed)
        if hour is None:
            self._failed.clear()
            return None
        self._library.forget(self._reach_ms()[0])
        try:
            entry = check(
                self._work, self._paths, self._library, hour, epoch_ms(self._clock.now()),
                lambda: not stop.is_set() and self.quiet(),
            )  # fmt: skip
        except Interrupted:
            return None
        except Exception:
            self._failed.add(str(hour.lesson_hour_id))
            raise
        self._write(hour, entry)
        log.info(
            "lesson hour %s looked at for replays: %d found, %d of %d cameras not checked, compared with %d; %d lesson "
            "hours wait", entry.lesson_hour_id, len(entry.findings),
            sum(camera.not_checked is not None for camera in entry.cameras), len(entry.cameras), entry.compared,
            self.waiting(),
        )  # fmt: skip
        return entry

    def waiting(self) -> int:
        """How many lesson hours are to be looked at still."""
        return count_waiting(self._work, *self._reach_ms())

    def quiet(self) -> bool:
        """No recording is under way or about to begin."""
        plan, now = self._plans.current(), self._clock.now()
        stretches = [] if plan is None else recordings(plan.hours(), self._lead_s)
        return not any(stretch.start - BEFORE <= now < stretch.end for stretch in stretches)

    def _reach_ms(self) -> tuple[int, int]:
        """Lesson hours that began from the first on and were over by the second are looked at."""
        now = self._clock.now()
        return epoch_ms(now) - self._keep_days * _DAY_MS, epoch_ms(now - AFTER)

    def _write(self, hour: PastHour, entry: ReplayEntry) -> None:
        with self._work.write() as session:
            row = session.get(LessonRow, str(hour.lesson_hour_id))
            if row is not None and row.replay_idx is None:
                row.replay_idx = evidence_log.append(session, entry.model_dump(mode="json"))
