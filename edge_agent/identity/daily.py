"""Once a day: delete the face templates whose day has come (RULES L06), whether identity is on or off."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

from config.clock import CHINA, Clock
from edge_agent.identity.templates import TemplateStore

log = logging.getLogger(__name__)


class DailyPurge:
    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self._store = TemplateStore(data_dir)
        self._clock = clock
        self._done: date | None = None

    def tick(self) -> None:
        """Raises LessonProofError IDENTITY_STORE when the disk does not answer; the next turn tries again."""
        today = self._clock.now().astimezone(CHINA).date()
        if today == self._done:
            return
        purged = self._store.purge(today)
        self._done = today
        if purged.deleted or purged.damaged:
            log.info("face templates: %d deleted, %d kept, damaged: %s", purged.deleted, purged.kept, purged.damaged)
        warning = self._store.count().warning
        if warning:
            log.warning("ALARM face templates: %s", warning)
