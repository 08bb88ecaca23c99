"""Inspection records and rectifications over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.filed_papers import file_headers
from supervisor.inspections import records, rectification
from supervisor.inspections.record_repository import Turn
from supervisor.inspections.record_schemas import (
    AnswerIn,
    CodeOut,
    FormOut,
    InspectionIn,
    InspectionOut,
    PaperOut,
    RulingIn,
)
from supervisor.lessons.schemas import ViewReason
from supervisor.paging import CursorText, Page, PageSize
from supervisor.rules.inspection import ITEMS
from supervisor.rules.roll_call import FINDINGS

router = APIRouter(prefix="/api/inspections", tags=["inspections"])

Inspector = Annotated[Caller, Depends(require(Role.INSPECTOR))]
Speaker = Annotated[Caller, Depends(require(Role.RESPONSIBLE, Role.TEACHER))]
Signer = Annotated[Caller, Depends(require(Role.INSPECTOR, Role.RESPONSIBLE, Role.TEACHER))]
READERS = (Role.INSPECTOR, Role.HANDLER, Role.OVERSIGHT, Role.RESPONSIBLE, Role.TEACHER)
Reader = Annotated[Caller, Depends(require(*READERS))]
FileReader = Annotated[Caller, Depends(require(Role.INSPECTOR, Role.OVERSIGHT, Role.RESPONSIBLE, Role.TEACHER))]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@router.get("/form")
def form(_caller: Reader) -> FormOut:
    return FormOut(
        items=[CodeOut(code=code, zh=zh, en=en) for code, (zh, en) in ITEMS.items()],
        findings=[CodeOut(code=code, zh=zh, en=en) for code, (zh, en) in FINDINGS.items()],
    )


@router.get("/overdue")
def overdue(centre: CentreDep, caller: Reader, cursor: CursorText = None, size: PageSize = 50) -> Page[InspectionOut]:
    return records.overdue(centre, caller, cursor, size)


@router.post("", status_code=201)
def enter(body: InspectionIn, centre: CentreDep, caller: Inspector) -> InspectionOut:
    return records.enter(centre, caller, body)


@router.get("")
def list_inspections(
    centre: CentreDep,
    caller: Reader,
    class_id: UUID | None = None,
    turn: Turn | None = None,
    cursor: CursorText = None,
    size: PageSize = 50,
) -> Page[InspectionOut]:
    """`turn`: only those where something waits for the institution, or for an inspector."""
    return records.inspections(centre, caller, class_id, turn, cursor, size)


@router.get("/{inspection_id}")
def show(inspection_id: UUID, centre: CentreDep, caller: Reader) -> InspectionOut:
    return records.show(centre, caller, inspection_id)


@router.post("/{inspection_id}/signature")
def sign(inspection_id: UUID, centre: CentreDep, caller: Signer) -> InspectionOut:
    return records.sign(centre, caller, inspection_id)


@router.post("/{inspection_id}/answers", status_code=201)
def answer(inspection_id: UUID, body: AnswerIn, centre: CentreDep, caller: Speaker) -> InspectionOut:
    return rectification.answer(centre, caller, inspection_id, body.words)


@router.post("/{inspection_id}/answers/{seq}/files", status_code=201)
async def add_file(
    inspection_id: UUID,
    seq: Annotated[int, Path(ge=0, le=999_999_999)],
    request: Request,
    centre: CentreDep,
    caller: Speaker,
    content_type: Annotated[str, Header()],
) -> PaperOut:
    """The body is the file itself."""
    body = await request.body()
    return await run_in_threadpool(rectification.add_file, centre, caller, inspection_id, seq, body, content_type)


@router.post("/{inspection_id}/rulings", status_code=201)
def rule(inspection_id: UUID, body: RulingIn, centre: CentreDep, caller: Inspector) -> InspectionOut:
    return rectification.rule(centre, caller, inspection_id, body)


@router.get("/{inspection_id}/files/{sha256}", response_class=Response)
def file(
    inspection_id: UUID,
    sha256: Sha256,
    request: Request,
    centre: CentreDep,
    caller: FileReader,
    reason: ViewReason = ViewReason.ROUTINE,
) -> Response:
    media, size, parts = rectification.read_file(centre, caller, inspection_id, sha256, reason, client_ip(request))
    return StreamingResponse(parts, media_type=media, headers=file_headers(sha256, media, size))
