"""Write the record. An event is part of the transaction of what it records: both or neither."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from supervisor.audit.models import AuditEvent

CENTRE = "centre"

log = logging.getLogger(__name__)


def record(
    session: Session, at: datetime, actor: str, action: str, subject: str, *, alarm: bool = False, **details: Any
) -> None:
    """`details` are JSON values without names, ID numbers or secrets. An alarm is in the process's log too, where the
    county's own monitoring sees it."""
    if alarm:
        log.error("alarm %s: %s, by %s", action, subject, actor)
    session.add(AuditEvent(at=at, actor=actor, action=action, subject=subject, alarm=alarm, details=details))
