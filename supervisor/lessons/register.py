"""A line of the viewing register (查阅登记): who, of which unit, looked at what of a lesson hour, why, from where."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from supervisor.callers import Caller
from supervisor.lessons.models import ViewLog
from supervisor.lessons.schemas import ViewReason


def viewing(caller: Caller, lesson_hour_id: UUID, what: str, reason: ViewReason, ip: str, at: datetime) -> ViewLog:
    """`what`: playback | export. To be added to the session in which it is shown."""
    return ViewLog(
        at=at,
        account_id=caller.account_id,
        name=caller.name,
        unit=caller.unit,
        lesson_hour_id=lesson_hour_id,
        what=what,
        reason=reason,
        ip=ip,
    )
