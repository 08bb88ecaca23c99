"""What went wrong within a day and asks for a person: alarms of the record, and boxes whose disk is too small."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import select

from supervisor.audit.models import AuditEvent
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.devices import repository
from supervisor.devices.service import state_of

WITHIN = timedelta(hours=24)
ALARM_ROLES = (Role.SYSTEM_ADMIN, Role.INSPECTOR)
_MOST = 500

router = APIRouter(prefix="/api", tags=["alarms"])


class Alarm(BaseModel):
    """`action`: a code; `actor` raised it, `subject` is what it is about, both as in the record."""

    at: AwareDatetime
    action: str
    actor: str
    subject: str


def alarms(centre: Centre, caller: Caller) -> list[Alarm]:
    """Newest first. Who sees one institution only sees what its boxes raised."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        boxes = repository.boxes(session, caller)
        query = select(AuditEvent).where(AuditEvent.alarm, AuditEvent.at > now - WITHIN)
        if not caller.whole_county:
            query = query.where(AuditEvent.actor.in_([f"box:{box.id}" for box in boxes]))
        events = session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(_MOST)).all()
    raised = [Alarm(at=one.at, action=one.action, actor=one.actor, subject=one.subject) for one in events]
    for box in boxes:
        state = state_of(box)
        if box.revoked_at is None and state is not None and not state.disk.admission_ok:
            name = f"box:{box.id}"
            raised.append(Alarm(at=state.at, action="disk_short", actor=name, subject=name))
    return sorted(raised, key=lambda one: one.at, reverse=True)


@router.get("/alarms")
def list_alarms(centre: CentreDep, caller: Annotated[Caller, Depends(require(*ALARM_ROLES))]) -> list[Alarm]:
    return alarms(centre, caller)
