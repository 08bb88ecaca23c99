"""What `edge-agent doctor` looks at. Each check gives findings; a finding says what is wrong and what to do about it.

Checks only look: they change nothing, need no network, and may run while the box is at work.
"""

from __future__ import annotations

from collections.abc import Iterator

from config.clock import Clock
from config.settings import EdgeSettings
from edge_agent.checks.cameras import cameras
from edge_agent.checks.centre import backlog, centre, key_change, refusal
from edge_agent.checks.clock import machine_clock
from edge_agent.checks.disk import disk
from edge_agent.checks.finding import Finding, Level
from edge_agent.checks.versions import models, versions
from edge_agent.lessons.plan import PlanStore
from edge_agent.opening import OpenBox
from supervisor.rules.evidence import ClockVoucher

__all__ = ["Finding", "Level", "every_check"]


def every_check(settings: EdgeSettings, box: OpenBox, clock: Clock) -> Iterator[Finding]:
    """All findings, as they are made."""
    plan = PlanStore(box.work).current()
    yield versions()
    yield machine_clock(clock, ClockVoucher(settings.clock_trust))
    yield from cameras(settings, plan, clock)
    yield from models(settings.models_dir)
    yield disk(settings, box, plan, clock)
    yield from centre(settings, box, clock)
    yield from refusal(box)
    yield from key_change(box)
    yield backlog(box, clock)
