"""Legal holds over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.retention import service
from supervisor.retention.schemas import HoldIn, HoldOut, LiftIn

router = APIRouter(prefix="/api/holds", tags=["retention"])

HOLD_ROLES = (Role.SYSTEM_ADMIN, Role.APPROVER, Role.INSPECTOR)
"""Those of the county only; `service` sees to that."""
Holder = Annotated[Caller, Depends(require(*HOLD_ROLES))]


@router.post("", status_code=201)
def place(body: HoldIn, centre: CentreDep, caller: Holder) -> HoldOut:
    return service.place(centre, caller, body)


@router.get("")
def list_holds(centre: CentreDep, caller: Holder, lesson_hour_id: UUID | None = None) -> list[HoldOut]:
    return service.holds(centre, caller, lesson_hour_id)


@router.post("/{hold_id}/lift")
def lift(hold_id: UUID, body: LiftIn, centre: CentreDep, caller: Holder) -> HoldOut:
    return service.lift(centre, caller, hold_id, body)
