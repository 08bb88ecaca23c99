"""Rooms' days, bookmarks and snapshots over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from supervisor.callers import CentreDep, client_ip
from supervisor.contract.wire import EpochMs
from supervisor.lessons.endpoints import Anyone, Exporter, Sha256
from supervisor.lessons.schemas import ViewReason
from supervisor.playback import bookmarks, parallel, service, snapshots
from supervisor.playback.schemas import BookmarkIn, BookmarkOut, Choices, ParallelClip, RoomDay, SnapshotOut

router = APIRouter(prefix="/api", tags=["playback"])


@router.get("/room-days")
def choices(centre: CentreDep, caller: Anyone, on: date | None = None, q: str = "") -> Choices:
    return service.choices(centre, caller, on, q)


@router.get("/rooms/{room_id}/days/{day}")
def room_day(room_id: UUID, day: date, centre: CentreDep, caller: Anyone) -> RoomDay:
    """Figures and times only, no pictures and no names of trainees: nothing for the viewing register."""
    return service.room_day(centre, caller, room_id, day)


@router.get("/lessons/{lesson_hour_id}/parallel")
def beside(lesson_hour_id: UUID, centre: CentreDep, caller: Anyone) -> list[ParallelClip]:
    return parallel.beside(centre, caller, lesson_hour_id)


@router.post("/lessons/{lesson_hour_id}/bookmarks", status_code=201)
def bookmark(lesson_hour_id: UUID, body: BookmarkIn, centre: CentreDep, caller: Anyone) -> BookmarkOut:
    return bookmarks.add(centre, caller, lesson_hour_id, body)


@router.post("/lessons/{lesson_hour_id}/clips/{sha256}/snapshots", status_code=201)
async def snapshot(
    lesson_hour_id: UUID,
    sha256: Sha256,
    request: Request,
    centre: CentreDep,
    caller: Exporter,
    at: Annotated[EpochMs, Query()],
    reason: ViewReason = ViewReason.ROUTINE,
) -> SnapshotOut:
    """The body: the picture as PNG. `at`: its moment, epoch ms."""
    body, ip = await request.body(), client_ip(request)
    return await run_in_threadpool(snapshots.take, centre, caller, lesson_hour_id, sha256, at, reason, body, ip)


@router.get("/snapshots/{sha256}")
def known(sha256: Sha256, centre: CentreDep, caller: Anyone) -> list[SnapshotOut]:
    """Whether a picture is one that somebody registered: by the SHA-256 of the file."""
    return snapshots.known(centre, caller, sha256)
