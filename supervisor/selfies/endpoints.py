"""Selfies over HTTP: sealed in by the trainee's phone, fetched by the box they are sealed to."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from supervisor.attendance.device import DEVICE_COOKIE, read_device
from supervisor.callers import CentreDep
from supervisor.centre import Centre
from supervisor.requests import SignedBoxDep
from supervisor.selfies import service
from supervisor.selfies.schemas import SelfieDoor, SelfieIn, SelfieView

router = APIRouter(prefix="/api/checkin", tags=["selfies"])
box_router = APIRouter(prefix="/api/box/selfies", tags=["box"])
BY_CODE = {"x-roles": ["session code", "trainee"]}


@router.get("/{session_code}/selfie", openapi_extra=BY_CODE)
def door(session_code: str, request: Request, centre: CentreDep) -> SelfieDoor:
    return service.door(centre, session_code, _trainee(request, centre))


@router.post("/{session_code}/selfie", status_code=201, openapi_extra=BY_CODE)
def send(session_code: str, body: SelfieIn, request: Request, centre: CentreDep) -> SelfieView:
    return service.send(centre, session_code, _trainee(request, centre), body)


@box_router.get("/{selfie_id}", response_class=Response)
def fetch(selfie_id: UUID, centre: CentreDep, box: SignedBoxDep) -> Response:
    """The sealed octets."""
    sealed = service.sealed_bytes(centre, box.box_id, selfie_id)
    return Response(sealed, media_type="application/octet-stream")


def _trainee(request: Request, centre: Centre) -> UUID | None:
    return read_device(centre.vault, request.cookies.get(DEVICE_COOKIE)).trainee_id
