"""Credit grades and sampling plans over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.paging import CursorText, Page, PageSize
from supervisor.sampling import service
from supervisor.sampling.schemas import CreditIn, CreditOut, PlanIn, PlanListed, PlanOut

router = APIRouter(prefix="/api", tags=["sampling"])

Handler = Annotated[Caller, Depends(require(Role.HANDLER))]
READERS = (Role.HANDLER, Role.INSPECTOR, Role.OVERSIGHT)
Reader = Annotated[Caller, Depends(require(*READERS))]


@router.post("/institutions/{institution_id}/credit", status_code=201)
def rate(institution_id: UUID, body: CreditIn, centre: CentreDep, caller: Handler) -> CreditOut:
    return service.rate(centre, caller, institution_id, body)


@router.post("/sampling-plans", status_code=201)
def draw(body: PlanIn, centre: CentreDep, caller: Handler) -> PlanOut:
    return service.draw(centre, caller, body)


@router.get("/sampling-plans")
def list_plans(centre: CentreDep, caller: Reader, cursor: CursorText = None, size: PageSize = 50) -> Page[PlanListed]:
    return service.plans(centre, caller, cursor, size)


@router.get("/sampling-plans/{plan_id}")
def show(plan_id: UUID, centre: CentreDep, caller: Reader) -> PlanOut:
    return service.show(centre, caller, plan_id)
