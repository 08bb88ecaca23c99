"""Once a day: delete the face templates whose day has come (RULES L06), whether identity is on or off, and what is left
of where people were and who was recognised in lesson hours that nobody judged."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

from config.clock import CHINA, Clock, epoch_ms
from edge_agent.identity import roll
from edge_agent.identity.templates import TemplateStore
from edge_agent.vision.samples import forget_old_sightings
from storage.database.engine import UnitOfWork

log = logging.getLogger(__name__)

KEPT_MS = 4 * 86_400_000  # the grace of a lesson hour (72 h) and a day


class DailyPurge:
    def __init__(self, data_dir: Path, work: UnitOfWork, clock: Clock) -> None:
        self._store = TemplateStore(data_dir)
        self._work = work
        self._clock = clock
        self._done: date | None = None

    def tick(self) -> None:
        """Raises LessonProofError IDENTITY_STORE, or an error of the database; the next turn tries again."""
        today = self._clock.now().astimezone(CHINA).date()
        if today == self._done:
            return
        before_ms = epoch_ms(self._clock.now()) - KEPT_MS
        with self._work.write() as session:
            forget_old_sightings(session, before_ms)
            roll.forget_old(session, before_ms)
        purged = self._store.purge(today)
        self._done = today
        if purged.deleted or purged.damaged:
            log.info("face templates: %d deleted, %d kept, damaged: %s", purged.deleted, purged.kept, purged.damaged)
        warning = self._store.count().warning
        if warning:
            log.warning("ALARM face templates: %s", warning)
