"""The life of a verdict over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, client_ip, require
from supervisor.decisions import exemption_requests, exemptions, papers, service
from supervisor.decisions.schemas import (
    DecisionIn,
    ExemptionAnswerIn,
    ExemptionIn,
    ExemptionOut,
    ExemptionRequestIn,
    ExemptionRequestOut,
    FileOut,
    LifeOut,
    OverdueOut,
    PaperIn,
    PaperOut,
    TodoOut,
    WordsIn,
)
from supervisor.filed_papers import file_headers
from supervisor.lessons.schemas import ViewReason
from supervisor.paging import CursorText, Page, PageSize

router = APIRouter(prefix="/api", tags=["decisions"])

Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]
Approver = Annotated[Caller, Depends(require(Role.APPROVER))]
Responsible = Annotated[Caller, Depends(require(Role.RESPONSIBLE))]
PaperReader = Annotated[
    Caller, Depends(require(Role.APPROVER, Role.HANDLER, Role.FINANCE, Role.INSPECTOR, Role.RESPONSIBLE))
]
Inspector = Annotated[Caller, Depends(require(Role.INSPECTOR))]
Speaker = Annotated[Caller, Depends(require(*service.SPEAKS))]
Worker = Annotated[Caller, Depends(require(Role.INSPECTOR, *service.SPEAKS))]
Reader = Annotated[Caller, Depends(require(*sorted(service.READS_WORDS)))]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@router.get("/decisions/todo")
def todo(centre: CentreDep, caller: Worker, cursor: CursorText = None, size: PageSize = 50) -> Page[TodoOut]:
    return service.todo(centre, caller, cursor, size)


@router.get("/lessons/{lesson_hour_id}/life")
def life(lesson_hour_id: UUID, centre: CentreDep, caller: Anyone) -> LifeOut:
    return service.life_of(centre, caller, lesson_hour_id)


@router.post("/lessons/{lesson_hour_id}/explanations", status_code=201)
def explain(lesson_hour_id: UUID, body: WordsIn, centre: CentreDep, caller: Speaker) -> LifeOut:
    return service.explain(centre, caller, lesson_hour_id, body.words)


@router.post("/lessons/{lesson_hour_id}/explanations/{explanation_id}/files", status_code=201)
async def add_file(
    lesson_hour_id: UUID,
    explanation_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Speaker,
    content_type: Annotated[str, Header()],
) -> FileOut:
    """The body is the file itself."""
    body = await request.body()
    return await run_in_threadpool(papers.add, centre, caller, lesson_hour_id, explanation_id, body, content_type)


@router.get("/lessons/{lesson_hour_id}/files/{sha256}", response_class=Response)
def file(
    lesson_hour_id: UUID,
    sha256: Sha256,
    request: Request,
    centre: CentreDep,
    caller: Reader,
    reason: ViewReason = ViewReason.ROUTINE,
) -> Response:
    media, size, pieces = papers.read(centre, caller, lesson_hour_id, sha256, reason, client_ip(request))
    return StreamingResponse(pieces, media_type=media, headers=file_headers(sha256, media, size))


@router.post("/lessons/{lesson_hour_id}/decisions", status_code=201)
def decide(lesson_hour_id: UUID, body: DecisionIn, centre: CentreDep, caller: Inspector) -> LifeOut:
    return service.decide(centre, caller, lesson_hour_id, body)


@router.post("/lessons/{lesson_hour_id}/objections", status_code=201)
def object_to(lesson_hour_id: UUID, body: WordsIn, centre: CentreDep, caller: Speaker) -> LifeOut:
    return service.object_to(centre, caller, lesson_hour_id, body.words)


@router.post("/lessons/{lesson_hour_id}/objections/{objection_id}/decisions", status_code=201)
def decide_objection(
    lesson_hour_id: UUID, objection_id: UUID, body: DecisionIn, centre: CentreDep, caller: Inspector
) -> LifeOut:
    return service.decide_objection(centre, caller, lesson_hour_id, objection_id, body)


@router.post("/classes/{class_id}/exemptions", status_code=201)
def grant(class_id: UUID, body: ExemptionIn, centre: CentreDep, caller: Approver) -> list[ExemptionOut]:
    return exemptions.grant(centre, caller, class_id, body)


@router.get("/classes/{class_id}/exemptions")
def list_exemptions(class_id: UUID, centre: CentreDep, caller: Reader) -> list[ExemptionOut]:
    return exemptions.exemptions(centre, caller, class_id)


@router.post("/classes/{class_id}/exemptions/{exemption_id}/revoke", status_code=201)
def revoke(
    class_id: UUID, exemption_id: UUID, body: WordsIn, centre: CentreDep, caller: Approver
) -> list[ExemptionOut]:
    return exemptions.revoke(centre, caller, class_id, exemption_id, body.words)


@router.post("/classes/{class_id}/exemption-requests", status_code=201)
def ask_exemption(
    class_id: UUID, body: ExemptionRequestIn, centre: CentreDep, caller: Responsible
) -> ExemptionRequestOut:
    return exemption_requests.ask(centre, caller, class_id, body)


@router.get("/classes/{class_id}/exemption-requests")
def list_exemption_requests(class_id: UUID, centre: CentreDep, caller: Reader) -> list[ExemptionRequestOut]:
    return exemption_requests.requests(centre, caller, class_id)


@router.post("/classes/{class_id}/exemption-requests/{request_id}/answer", status_code=201)
def answer_exemption(
    class_id: UUID, request_id: UUID, body: ExemptionAnswerIn, centre: CentreDep, caller: Approver
) -> ExemptionRequestOut:
    return exemption_requests.answer(centre, caller, class_id, request_id, body)


@router.post("/classes/{class_id}/papers", status_code=201)
def hand_in(class_id: UUID, body: PaperIn, centre: CentreDep, caller: Responsible) -> list[PaperOut]:
    return exemptions.hand_in(centre, caller, class_id, body)


@router.get("/papers/overdue")
def overdue(centre: CentreDep, caller: PaperReader, cursor: CursorText = None, size: PageSize = 50) -> Page[OverdueOut]:
    return exemptions.overdue(centre, caller, cursor, size)
