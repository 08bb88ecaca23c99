"""HTTP of the feed to the registry."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, UploadFile

from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.paging import CursorText, Page, PageSize
from supervisor.registry import service
from supervisor.registry.acknowledgements import SHEET_MAX_BYTES
from supervisor.registry.reconcile import reconcile
from supervisor.registry.schemas import DayIn, DifferenceOut, LagOut, MessageOut, ReasonIn, ReportOut, Taken

router = APIRouter(prefix="/api/registry", tags=["registry"])

READERS = (Role.SYSTEM_ADMIN, Role.HANDLER, Role.INSPECTOR)
Reader = Annotated[Caller, Depends(require(*READERS))]
Handler = Annotated[Caller, Depends(require(Role.HANDLER))]
Keeper = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN, Role.HANDLER))]
State = Literal["waiting", "sent", "acknowledged", "refused", "suspended", "superseded", "waived"]


@router.get("/lag")
def lag(centre: CentreDep, caller: Reader, first: date, last: date) -> list[LagOut]:
    return service.lag(centre, caller, first, last)


@router.get("/messages")
def messages(
    centre: CentreDep, caller: Reader, state: State = "refused", cursor: CursorText = None, size: PageSize = 50
) -> Page[MessageOut]:
    return service.messages(centre, caller, state, cursor, size)


@router.post("/messages/{message_id}/waive")
def waive(message_id: UUID, wanted: ReasonIn, centre: CentreDep, caller: Handler) -> MessageOut:
    return service.waive(centre, caller, message_id, wanted.reason)


@router.post("/messages/{message_id}/correct")
def correct(message_id: UUID, wanted: ReasonIn, centre: CentreDep, caller: Handler) -> MessageOut:
    return service.correct(centre, caller, message_id, wanted.reason)


@router.post("/acknowledgements")
def acknowledgements(file: UploadFile, centre: CentreDep, caller: Keeper) -> Taken:
    content = file.file.read(SHEET_MAX_BYTES + 1)
    return service.take_acknowledgements(centre, caller, file.filename or "", content)


@router.get("/reports")
def reports(centre: CentreDep, caller: Reader, cursor: CursorText = None, size: PageSize = 31) -> Page[ReportOut]:
    return service.reports(centre, caller, cursor, size)


@router.post("/reports")
def make_report(wanted: DayIn, centre: CentreDep, caller: Keeper) -> ReportOut:
    return service.report(centre, caller, reconcile(centre, wanted.day, caller.actor))


@router.post("/differences/{difference_id}/explain")
def explain(difference_id: UUID, wanted: ReasonIn, centre: CentreDep, caller: Handler) -> DifferenceOut:
    return service.explain(centre, caller, difference_id, wanted.reason)
