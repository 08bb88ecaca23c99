"""Keeps the disk: gives the ballast up and makes it again, deletes what is past its term, raises the alarm when that
is not enough. One `tick` every few seconds; it never holds up a recording."""

from __future__ import annotations

import logging

from config.clock import Clock, epoch_ms
from config.settings import EdgeSettings
from edge_agent.capture.disk import free_bytes, needed_bytes, short_bytes
from edge_agent.disk.ballast import Ballast
from edge_agent.disk.deletion import delete
from edge_agent.disk.holdings import held_of, hours_of, terms_of
from edge_agent.disk.ladder import choose
from edge_agent.lessons.plan import PlanStore
from edge_agent.lessons.timetable import recordings, together
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork

_LOG = logging.getLogger(__name__)
EVERY_S = 3600.0
SHORT_EVERY_S = 60.0  # between two looks while the disk is short
FULL_BYTES = 4 * 1024 * 1024  # less than this: nothing can be written any more, or soon


class DiskKeeper:
    def __init__(
        self,
        work: UnitOfWork,
        plans: PlanStore,
        paths: BoxPaths,
        settings: EdgeSettings,
        clock: Clock,
        ballast: Ballast | None = None,
    ) -> None:
        self._work = work
        self._plans = plans
        self._paths = paths
        self._settings = settings
        self._clock = clock
        self._ballast = ballast or Ballast(paths.ballast)
        self._due_s = 0.0  # monotonic
        self._alarmed = False

    def tick(self) -> None:
        """Raises OSError, SQLAlchemyError when the disk or the database refuses; the next tick tries again."""
        free = free_bytes(self._paths.data_dir)
        if free < FULL_BYTES:
            self._ballast.give_up()
        elif free >= self._settings.min_free_bytes + self._ballast.size:
            self._ballast.make()
        now_s, short = self._clock.monotonic(), self.short()
        if now_s >= self._due_s or (short and now_s >= self._due_s - EVERY_S + SHORT_EVERY_S):
            self._due_s = now_s + EVERY_S
            self.sweep()
            self._alarm(self.short())

    def short(self, used: int = 0) -> int:
        """Bytes missing for the recordings that are under way or come next, of all rooms, once `used` more are taken;
        0: none."""
        plan = self._plans.current()
        lead_s, bitrate = self._settings.lead_s, self._settings.expected_bitrate
        coming = [] if plan is None else together(recordings(plan.hours(), lead_s), self._clock.now())
        needed = [needed_bytes(bitrate, stretch.seconds) for stretch in coming for _ in stretch.cameras]
        return short_bytes(free_bytes(self._paths.data_dir) - used, self._settings.min_free_bytes, needed)

    def sweep(self) -> int:
        """Delete what may go; the bytes that were freed."""
        plan = self._plans.current()
        with self._work.read() as session:
            terms = terms_of(session, plan, epoch_ms(self._clock.now()))
            held, hours = held_of(session, terms), hours_of(session, plan)
        chosen = choose(held, hours, terms, self.short())
        freed = delete(self._work, self._paths, chosen, self._clock)
        if freed:
            _LOG.info("%d files past their term were deleted, %d bytes", len(chosen), freed)
        return freed

    def _alarm(self, short: int) -> None:
        if short and not self._alarmed:
            _LOG.error(
                "ALARM %d bytes are missing for the next recording, and nothing that is left may be deleted", short
            )
        self._alarmed = short > 0
