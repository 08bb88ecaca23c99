"""Write the record. An event is part of the transaction of what it records: both or neither."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from supervisor.audit.log import Entry, note
from supervisor.audit.models import AuditEvent

CENTRE = "centre"

log = logging.getLogger(__name__)


def record(
    session: Session,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    *,
    alarm: bool = False,
    ip: str | None = None,
    words: str | None = None,
    **details: Any,
) -> None:
    """An event for people, and an entry of the centre's signed log. `details` are JSON values without names, ID numbers
    or secrets; `ip`, the caller's address, and `words`, what a person wrote, are kept beside the event only: the log
    keeps everything for ever.

    An alarm is in the process's log too, where the county's own monitoring sees it.
    """
    if alarm:
        log.error("alarm %s: %s, by %s", action, subject, actor)
    beside = {"ip": ip, "words": words}
    kept = details | {name: value for name, value in beside.items() if value is not None}
    session.add(AuditEvent(at=at, actor=actor, action=action, subject=subject, alarm=alarm, details=kept))
    note(session, Entry(at, action, subject, actor, details))
