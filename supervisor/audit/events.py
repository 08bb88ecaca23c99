"""The record for the audit administrator: who did what, newest first (L24)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, StringConstraints
from sqlalchemy import select

from supervisor.audit.models import AuditEvent
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre

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


class EventsWanted(BaseModel):
    """Which lines of the record: `action`, `actor` and `subject` as they stand there; empty: all."""

    action: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = ""
    actor: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = ""
    subject: Annotated[str, StringConstraints(strip_whitespace=True, max_length=96)] = ""
    alarm: bool = False


class EventsPage(BaseModel):
    """`before`: asks for the next, older page; None: this is the last."""

    events: list[EventOut]
    before: int | None


@router.get("/audit/events")
def events(
    centre: CentreDep,
    _caller: Annotated[Caller, Depends(require(*READERS))],
    wanted: Annotated[EventsWanted, Depends()],
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EventsPage:
    return read_events(centre, wanted, before, limit)


def read_events(centre: Centre, wanted: EventsWanted, before: int | None, limit: int) -> EventsPage:
    """Newest first. `before`: the id that the page is older than."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit + 1)
    for column in ("action", "actor", "subject"):
        if getattr(wanted, column):
            query = query.where(getattr(AuditEvent, column) == getattr(wanted, column))
    if wanted.alarm:
        query = query.where(AuditEvent.alarm)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    with centre.uow.read() as session:
        found = session.scalars(query).all()
        shown = [EventOut.model_validate(one, from_attributes=True) for one in found[:limit]]
    return EventsPage(events=shown, before=shown[-1].id if len(found) > limit else None)
