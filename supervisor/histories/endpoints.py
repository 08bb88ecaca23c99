"""One trainee's history over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.histories import service
from supervisor.histories.schemas import HistoryOut
from supervisor.lessons.schemas import ViewReason
from supervisor.paging import CursorText, PageSize

router = APIRouter(prefix="/api/roster-entries", tags=["attendance"])

Looker = Annotated[Caller, Depends(require(Role.INSPECTOR, Role.OVERSIGHT, Role.THIRD_PARTY))]


@router.get("/{entry_id}/history")
def history(
    entry_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Looker,
    reason: ViewReason = ViewReason.ROUTINE,
    cursor: CursorText = None,
    size: PageSize = 50,
) -> HistoryOut:
    return service.history(centre, caller, entry_id, reason, client_ip(request), cursor, size)
