"""What day it is, for deletion. One clock alone may be wrong by years, so nobody's word is taken alone:

- the centre's own clock, and the clock of a box: a box's requests are refused when the two are more than five minutes
  apart, so the latest time a box told of itself is one that both agreed on;
- and the day moves on by at most two a night, so that a time server that misleads both costs two days, not two years.

Each can only make the day earlier, and earlier only keeps things longer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from supervisor.devices.models import Box
from supervisor.devices.service import state_of
from supervisor.retention.models import RetentionClock

STEP = timedelta(days=2)  # a night; more than one, so that nights without a centre are caught up


def agreed(session: Session, now: datetime) -> datetime | None:
    """The latest time, not after `now`, at which the centre and a box agreed; None: no box has told of itself yet."""
    seen = [
        min(box.last_seen, state.at)
        for box in session.scalars(select(Box).where(Box.state.is_not(None)))
        if box.last_seen is not None and (state := state_of(box)) is not None
    ]
    return min(now, max(seen)) if seen else None


def present(session: Session) -> datetime | None:
    """The day as the last night left it. None: there was no night yet."""
    row = session.get(RetentionClock, 1)
    return None if row is None else row.day


def advance(session: Session, now: datetime) -> datetime | None:
    """Move the day on, once a night. None: nothing may be deleted; the first night only begins to count."""
    told = agreed(session, now)
    row = session.get(RetentionClock, 1, with_for_update=True)
    if told is None:
        return None if row is None else row.day
    if row is None:
        session.add(RetentionClock(id=1, day=told))
        return None
    row.day = max(row.day, min(told, row.day + STEP))
    return row.day
