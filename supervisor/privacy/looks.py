"""A look at a person's data: a line of the register and an entry of the signed log, before anything is shown (L14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.lessons.register import viewer
from supervisor.lessons.schemas import ViewReason
from supervisor.privacy.models import Reveal


def enter_look(
    session: Session,
    caller: Caller,
    entry_id: UUID,
    field: str,
    reason: ViewReason,
    ip: str,
    now: datetime,
    action: str = "personal_data_revealed",
) -> None:
    """`field`: what is shown. `action`: the log's word for it."""
    session.add(Reveal(roster_entry_id=entry_id, field=field, **viewer(caller, reason, ip, now)))
    session.flush()
    record(session, now, caller.actor, action, f"roster_entry:{entry_id}", field=field, reason=reason)
