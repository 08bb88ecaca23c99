"""Who withdrew consent to recognition at the centre: their face templates go at once (PIPL art. 15; RULES L03)."""

from __future__ import annotations

import logging
from pathlib import Path

from edge_agent.identity.templates import TemplateStore
from edge_agent.lessons.plan import PlanStore

log = logging.getLogger(__name__)


class Withdrawn:
    def __init__(self, data_dir: Path, plans: PlanStore) -> None:
        self._store = TemplateStore(data_dir)
        self._plans = plans
        self._done: tuple[str, ...] = ()

    def tick(self) -> None:
        """Raises LessonProofError IDENTITY_STORE or IDENTITY_KEY_MISSING; the next turn tries again."""
        plan = self._plans.current()
        named = plan.state.faces_withdrawn if plan else ()
        if named == self._done:
            return
        deleted = sum(self._store.withdraw(trainee) for trainee in named)
        self._done = named
        if deleted:
            log.info("face templates: %d deleted, whose consent was withdrawn at the centre", deleted)
