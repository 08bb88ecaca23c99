"""Plan sync: ask the centre for the target state by ETag, keep the newest one."""

from __future__ import annotations

import logging

from config.clock import Clock
from edge_agent.lessons.plan import PlanStore
from edge_agent.uplink.client import CentreClient

log = logging.getLogger(__name__)


def poll(client: CentreClient, plans: PlanStore, clock: Clock) -> None:
    """One question. Raises CentreAway and whatever the centre refuses; the plan kept before stays in force then."""
    asked_at = clock.now()  # the answer may be older than its arrival, never older than the question
    answer = client.target(plans.etag())
    if answer.state is None:
        plans.confirm(asked_at)
        return
    before = plans.current()
    plans.replace(answer.state, answer.etag, asked_at)
    if before is None or before.state.lessons != answer.state.lessons or before.state.cameras != answer.state.cameras:
        log.info("target: %d cameras, %d lesson hours", len(answer.state.cameras), len(answer.state.lessons))
