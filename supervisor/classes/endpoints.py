"""Institutions and classes over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, client_ip, require
from supervisor.classes import files, service
from supervisor.classes.schemas import ClassFileOut, ClassIn, ClassOut, ClassSummary, InstitutionIn, InstitutionOut
from supervisor.filed_papers import file_headers
from supervisor.lessons.schemas import ViewReason
from supervisor.paging import CursorText, Page, PageSize

router = APIRouter(prefix="/api", tags=["classes"])

Admin = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN))]
Applicant = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN, Role.TEACHER, Role.RESPONSIBLE))]
Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]
Sender = Annotated[Caller, Depends(require(*files.SENDERS))]
FileReader = Annotated[Caller, Depends(require(*files.READERS))]


@router.post("/institutions", status_code=201)
def create_institution(body: InstitutionIn, centre: CentreDep, caller: Admin) -> InstitutionOut:
    return service.create_institution(centre, caller, body)


@router.get("/institutions")
def list_institutions(
    centre: CentreDep, caller: Anyone, cursor: CursorText = None, size: PageSize = 50
) -> Page[InstitutionOut]:
    return service.institutions(centre, caller, cursor, size)


@router.post("/classes", status_code=201)
def create_class(body: ClassIn, centre: CentreDep, caller: Applicant) -> ClassOut:
    return service.create_class(centre, caller, body)


@router.get("/classes")
def list_classes(
    centre: CentreDep, caller: Anyone, cursor: CursorText = None, size: PageSize = 50
) -> Page[ClassSummary]:
    return service.classes(centre, caller, cursor, size)


@router.get("/classes/{class_id}")
def show_class(class_id: UUID, centre: CentreDep, caller: Anyone) -> ClassOut:
    return service.show_class(centre, caller, class_id)


@router.post("/classes/{class_id}/files", status_code=201)
async def add_file(class_id: UUID, request: Request, centre: CentreDep, caller: Sender) -> ClassFileOut:
    """The body is the file itself."""
    body = await request.body()
    return await run_in_threadpool(files.add, centre, caller, class_id, body)


@router.get("/classes/{class_id}/files/{sha256}", response_class=Response)
def file(
    class_id: UUID,
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    request: Request,
    centre: CentreDep,
    caller: FileReader,
    reason: ViewReason = ViewReason.ROUTINE,
) -> Response:
    media, size, pieces = files.read(centre, caller, class_id, sha256, reason, client_ip(request))
    return StreamingResponse(pieces, media_type=media, headers=file_headers(sha256, media, size))
