"""Exports over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse

from supervisor.archives.endpoints import ARCHIVE_ROLES
from supervisor.bundles.endpoints import EXPORT_ROLES
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.exports import service
from supervisor.exports.schemas import ExportAnswerIn, ExportIn, ExportOut, ExportsWanted
from supervisor.packages import packed
from supervisor.paging import CursorText, Page, PageSize

APPROVERS = (Role.INSPECTOR, Role.APPROVER)
READERS = tuple(dict.fromkeys((*EXPORT_ROLES, *ARCHIVE_ROLES, *APPROVERS, Role.OVERSIGHT)))

router = APIRouter(prefix="/api", tags=["exports"])
Exporter = Annotated[Caller, Depends(require(*EXPORT_ROLES))]
Archivist = Annotated[Caller, Depends(require(*ARCHIVE_ROLES))]
Approver = Annotated[Caller, Depends(require(*APPROVERS))]
Reader = Annotated[Caller, Depends(require(*READERS))]


@router.post("/lessons/{lesson_hour_id}/exports", status_code=201)
def ask(lesson_hour_id: UUID, body: ExportIn, centre: CentreDep, caller: Exporter) -> ExportOut:
    return service.ask(centre, caller, body, lesson_hour_id=lesson_hour_id)


@router.post("/classes/{class_id}/exports", status_code=201)
def ask_for_class(class_id: UUID, body: ExportIn, centre: CentreDep, caller: Archivist) -> ExportOut:
    """The archive of the whole class, with its recordings."""
    return service.ask(centre, caller, body, class_id=class_id)


@router.get("/exports")
def exports(
    centre: CentreDep,
    caller: Reader,
    wanted: Annotated[ExportsWanted, Depends()],
    cursor: CursorText = None,
    size: PageSize = 50,
) -> Page[ExportOut]:
    return service.exports(centre, caller, wanted, cursor, size)


@router.post("/exports/{export_id}/answer")
def answer(export_id: UUID, body: ExportAnswerIn, centre: CentreDep, caller: Approver) -> ExportOut:
    """By another person than the one who asked."""
    return service.answer(centre, caller, export_id, body)


@router.get("/exports/{export_id}/bundle.zip", response_class=FileResponse)
def fetch(export_id: UUID, request: Request, centre: CentreDep, caller: Archivist) -> FileResponse:
    """The bundle, or the class's archive. For `supervisor verify`, on any machine. Only for whoever asked, while the
    approval lasts."""
    return packed(
        centre,
        f"export-{export_id}.zip",
        lambda out: service.fetch(centre, caller, export_id, client_ip(request), out),
    )
