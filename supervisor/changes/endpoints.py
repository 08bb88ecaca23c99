"""Plan changes over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, require
from supervisor.changes import service
from supervisor.changes.schemas import ChangeIn, ChangeOut, Decision, PlanOut

router = APIRouter(prefix="/api", tags=["changes"])

Asks = Annotated[Caller, Depends(require(Role.TEACHER, Role.RESPONSIBLE))]
Decides = Annotated[Caller, Depends(require(Role.APPROVER, Role.HANDLER))]
Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]


@router.post("/classes/{class_id}/changes", status_code=201)
def ask(class_id: UUID, body: ChangeIn, centre: CentreDep, caller: Asks) -> ChangeOut:
    return service.ask(centre, caller, class_id, body)


@router.get("/classes/{class_id}/changes")
def show(class_id: UUID, centre: CentreDep, caller: Anyone) -> PlanOut:
    return service.show(centre, caller, class_id)


@router.post("/changes/{change_id}/approve")
def approve(change_id: UUID, body: Decision, centre: CentreDep, caller: Decides) -> ChangeOut:
    return service.approve(centre, caller, change_id, body)


@router.post("/changes/{change_id}/refuse")
def refuse(change_id: UUID, body: Decision, centre: CentreDep, caller: Decides) -> ChangeOut:
    return service.refuse(centre, caller, change_id, body)
