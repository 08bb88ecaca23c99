"""Spans over HTTP: for people (asking, looking) and for boxes (bytes)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from supervisor.callers import Caller, CentreDep, client_ip, require
from supervisor.lessons.endpoints import media_response, offset_of, playlist_response, upload_response
from supervisor.lessons.schemas import ViewReason
from supervisor.requests import SignedBoxDep
from supervisor.spans import playback, service, uploads
from supervisor.spans.schemas import SpanIn, SpanOut
from supervisor.spans.service import ASKERS, READERS

router = APIRouter(prefix="/api", tags=["spans"])
box_router = APIRouter(prefix="/api/box", tags=["box"])

Asker = Annotated[Caller, Depends(require(*ASKERS))]
Reader = Annotated[Caller, Depends(require(*READERS))]


@router.post("/lessons/{lesson_hour_id}/spans", status_code=201)
def ask(lesson_hour_id: UUID, body: SpanIn, request: Request, centre: CentreDep, caller: Asker) -> SpanOut:
    return service.ask(centre, caller, lesson_hour_id, body, client_ip(request))


@router.get("/spans/{span_id}")
def show(span_id: UUID, centre: CentreDep, caller: Reader) -> SpanOut:
    """How far it is; no picture."""
    return service.show(centre, caller, span_id)


@router.get("/spans/{span_id}/playlist.m3u8", response_class=Response)
def playlist(
    span_id: UUID, request: Request, centre: CentreDep, caller: Reader, reason: ViewReason = ViewReason.ROUTINE
) -> Response:
    return playlist_response(playback.playlist(centre, caller, span_id, reason, client_ip(request)))


@router.get("/spans/{span_id}/span.mp4", response_class=Response)
def media(
    span_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Reader,
    reason: ViewReason = ViewReason.ROUTINE,
    range: Annotated[str | None, Header()] = None,
) -> Response:
    return media_response(playback.media(centre, caller, span_id, reason, client_ip(request), range), range)


@box_router.head("/spans/{span_id}", response_class=Response)
def span_state(span_id: UUID, centre: CentreDep, box: SignedBoxDep) -> Response:
    return upload_response(uploads.upload_state(centre, box.box_id, span_id), 200)


@box_router.patch("/spans/{span_id}", response_class=Response)
async def receive_span(
    span_id: UUID, centre: CentreDep, box: SignedBoxDep, upload_offset: Annotated[str, Header()]
) -> Response:
    offset = offset_of(upload_offset)
    state = await run_in_threadpool(uploads.receive, centre, box.box_id, span_id, offset, box.body)
    return upload_response(state, 204)
