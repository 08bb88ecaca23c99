"""A line of the viewing register (查阅登记): who, of which unit, looked at what of a lesson hour, why, from where."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.lessons import repository
from supervisor.lessons.models import ViewLog
from supervisor.lessons.schemas import ViewReason

ONE_VIEWING = timedelta(minutes=10)
"""Requests of one person for one reason within this time are one line of the register."""


def viewer(caller: Caller, reason: ViewReason, ip: str, at: datetime) -> dict[str, Any]:
    """The columns that every register of who looked has."""
    return {
        "at": at,
        "account_id": caller.account_id,
        "name": caller.name,
        "unit": caller.unit,
        "reason": reason,
        "ip": ip,
    }


def viewing(caller: Caller, lesson_hour_id: UUID, what: str, reason: ViewReason, ip: str, at: datetime) -> ViewLog:
    """`what`: playback | recording | pictures | papers | export. To be added to the session in which it is shown."""
    return ViewLog(lesson_hour_id=lesson_hour_id, what=what, **viewer(caller, reason, ip, at))


def enter(centre: Centre, caller: Caller, lesson_hour_id: UUID, what: str, reason: ViewReason, ip: str) -> None:
    """One line, unless there is one of this viewing. Asked again under the lock: a page's pictures come all at once."""
    now = centre.clock.now()
    wanted = caller.account_id, lesson_hour_id, what, reason, now - ONE_VIEWING
    with centre.uow.read() as session:
        if repository.recent_viewing(session, *wanted) is not None:
            return
    with centre.uow.write() as session:
        repository.lock_lesson(session, lesson_hour_id)
        if repository.recent_viewing(session, *wanted) is None:
            session.add(viewing(caller, lesson_hour_id, what, reason, ip, now))
