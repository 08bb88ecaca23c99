"""Lesson hours over HTTP: for people (lists, pages, playback) and for boxes (log, clips)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from config.errors import LessonProofError
from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, client_ip, require
from supervisor.contract.direct import DirectUpload
from supervisor.contract.log import LogAppend, LogReceipt
from supervisor.lessons import direct, ingest, moments, playback, service, uploads
from supervisor.lessons.playback import Media
from supervisor.lessons.schemas import LessonPage, TodayPage, ViewReason
from supervisor.lessons.uploads import UploadState
from supervisor.requests import SignedBoxDep, parse_body

router = APIRouter(prefix="/api/lessons", tags=["lessons"])
box_router = APIRouter(prefix="/api/box", tags=["box"])

Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]
EXPORTERS = tuple(role for role in ANYONE_SIGNED_IN if role is not Role.THIRD_PARTY)
Exporter = Annotated[Caller, Depends(require(*EXPORTERS))]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
M3U8 = "application/vnd.apple.mpegurl"


@router.get("")
def today(centre: CentreDep, caller: Anyone, on: date | None = None) -> TodayPage:
    return service.today(centre, caller, on)


@router.get("/{lesson_hour_id}")
def lesson(lesson_hour_id: UUID, centre: CentreDep, caller: Anyone) -> LessonPage:
    return service.lesson_page(centre, caller, lesson_hour_id)


@router.get("/{lesson_hour_id}/evidence.json", response_class=Response)
def evidence(
    lesson_hour_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Exporter,
    reason: ViewReason = ViewReason.ROUTINE,
) -> Response:
    """For `supervisor judge`, on any machine."""
    body = playback.evidence_file(centre, caller, lesson_hour_id, reason, client_ip(request))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="evidence-{lesson_hour_id}.json"',
    }
    return Response(body, media_type="application/json", headers=headers)


@router.get("/{lesson_hour_id}/playlist.m3u8", response_class=Response)
def first_playlist(
    lesson_hour_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Anyone,
    reason: ViewReason = ViewReason.ROUTINE,
) -> Response:
    return playlist_response(playback.playlist(centre, caller, lesson_hour_id, None, reason, client_ip(request)))


@router.get("/{lesson_hour_id}/clips/{sha256}/playlist.m3u8", response_class=Response)
def playlist(
    lesson_hour_id: UUID,
    sha256: Sha256,
    request: Request,
    centre: CentreDep,
    caller: Anyone,
    reason: ViewReason = ViewReason.ROUTINE,
) -> Response:
    return playlist_response(playback.playlist(centre, caller, lesson_hour_id, sha256, reason, client_ip(request)))


@router.get("/{lesson_hour_id}/clips/{sha256}/clip.mp4", response_class=Response)
def media(
    lesson_hour_id: UUID,
    sha256: Sha256,
    request: Request,
    centre: CentreDep,
    caller: Anyone,
    reason: ViewReason = ViewReason.ROUTINE,
    range: Annotated[str | None, Header()] = None,
) -> Response:
    return media_response(
        playback.media(centre, caller, lesson_hour_id, sha256, reason, client_ip(request), range), range
    )


def playlist_response(text: str) -> Response:
    return Response(text, media_type=M3U8, headers={"Cache-Control": "no-store"})


def media_response(part: Media, range: str | None) -> Response:
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(part.stop - part.start),
        "Cache-Control": "private, no-store",
    }
    if range is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{part.size}"
    status = 200 if range is None else 206
    return StreamingResponse(part.pieces, status_code=status, media_type="video/mp4", headers=headers)


@router.get("/{lesson_hour_id}/moments/{camera_id}/{at}.jpg", response_class=Response)
def picture(
    lesson_hour_id: UUID,
    camera_id: UUID,
    at: Annotated[int, Path(ge=0)],
    request: Request,
    centre: CentreDep,
    caller: Anyone,
    reason: ViewReason = ViewReason.ROUTINE,
) -> Response:
    """`at`: of a moment of the lesson hour's report, epoch ms."""
    jpeg = moments.picture(centre, caller, lesson_hour_id, camera_id, at, reason, client_ip(request))
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


@box_router.post("/log")
async def append_log(centre: CentreDep, box: SignedBoxDep) -> LogReceipt:
    batch = parse_body(LogAppend, box.body)
    return await run_in_threadpool(ingest.append_log, centre, box.box_id, batch)


@box_router.head("/clips/{sha256}", response_class=Response)
def clip_state(sha256: Sha256, centre: CentreDep, box: SignedBoxDep) -> Response:
    return upload_response(uploads.upload_state(centre, box.box_id, sha256), 200)


@box_router.patch("/clips/{sha256}", response_class=Response)
async def receive_clip(
    sha256: Sha256, centre: CentreDep, box: SignedBoxDep, upload_offset: Annotated[str, Header()]
) -> Response:
    offset = offset_of(upload_offset)
    state = await run_in_threadpool(uploads.receive, centre, box.box_id, sha256, offset, box.body)
    return upload_response(state, 204)


@box_router.post("/clips/{sha256}/direct")
def arrange_direct(sha256: Sha256, centre: CentreDep, box: SignedBoxDep) -> DirectUpload:
    return direct.arrange(centre, box.box_id, sha256)


def offset_of(upload_offset: str) -> int:
    """Of the header. Raises LessonProofError UPLOAD_OFFSET (409)."""
    if not (upload_offset.isascii() and upload_offset.isdecimal() and len(upload_offset) <= 15):
        raise LessonProofError("UPLOAD_OFFSET", status=409, zh="Upload-Offset 不正确", en="not an Upload-Offset")
    return int(upload_offset)


def upload_response(state: UploadState, status: int) -> Response:
    headers = {"Upload-Offset": str(state.offset), "Upload-Complete": "?1" if state.complete else "?0"}
    if state.direct:
        headers["Upload-Direct"] = "?1"
    return Response(status_code=status, headers=headers)
