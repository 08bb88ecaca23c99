"""Exports over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse

from supervisor.bundles.endpoints import EXPORT_ROLES
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.exports import service
from supervisor.exports.schemas import ExportAnswerIn, ExportIn, ExportOut
from supervisor.packages import packed
from supervisor.paging import CursorText, Page, PageSize

APPROVERS = (Role.INSPECTOR, Role.APPROVER)
READERS = tuple(dict.fromkeys((*EXPORT_ROLES, *APPROVERS, Role.OVERSIGHT)))

router = APIRouter(prefix="/api", tags=["exports"])
Exporter = Annotated[Caller, Depends(require(*EXPORT_ROLES))]
Approver = Annotated[Caller, Depends(require(*APPROVERS))]
Reader = Annotated[Caller, Depends(require(*READERS))]


@router.post("/lessons/{lesson_hour_id}/exports", status_code=201)
def ask(lesson_hour_id: UUID, body: ExportIn, centre: CentreDep, caller: Exporter) -> ExportOut:
    return service.ask(centre, caller, lesson_hour_id, body)


@router.get("/exports")
def exports(
    centre: CentreDep,
    caller: Reader,
    lesson_hour_id: UUID | None = None,
    waiting: bool = False,
    cursor: CursorText = None,
    size: PageSize = 50,
) -> Page[ExportOut]:
    return service.exports(centre, caller, lesson_hour_id, waiting, cursor, size)


@router.post("/exports/{export_id}/answer")
def answer(export_id: UUID, body: ExportAnswerIn, centre: CentreDep, caller: Approver) -> ExportOut:
    """By another person than the one who asked."""
    return service.answer(centre, caller, export_id, body)


@router.get("/exports/{export_id}/bundle.zip", response_class=FileResponse)
def fetch(export_id: UUID, request: Request, centre: CentreDep, caller: Exporter) -> FileResponse:
    """For `supervisor verify`, on any machine. Only for whoever asked, while the approval lasts."""
    return packed(
        centre,
        f"export-{export_id}.zip",
        lambda out: service.fetch(centre, caller, export_id, client_ip(request), out),
    )
