"""The record for the audit administrator: who did what, newest first (L24)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import select

from supervisor.audit.models import AuditEvent
from supervisor.callers import Caller, CentreDep, Role, require

router = APIRouter(prefix="/api", tags=["audit"])

READERS = (Role.AUDIT_ADMIN,)


class EventOut(BaseModel):
    """As recorded: `actor` and `subject` are `<table>:<id>` or `centre`."""

    id: int
    at: AwareDatetime
    actor: str
    action: str
    subject: str
    alarm: bool
    details: dict[str, Any]


class EventsPage(BaseModel):
    """`before`: asks for the next, older page; None: this is the last."""

    events: list[EventOut]
    before: int | None


@router.get("/audit/events")
def events(
    centre: CentreDep,
    _caller: Annotated[Caller, Depends(require(*READERS))],
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EventsPage:
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit + 1)
    with centre.uow.read() as session:
        found = session.scalars(query if before is None else query.where(AuditEvent.id < before)).all()
        shown = [EventOut.model_validate(one, from_attributes=True) for one in found[:limit]]
    return EventsPage(events=shown, before=shown[-1].id if len(found) > limit else None)
