"""Places and devices over HTTP: for people (registration) and for boxes (enrolment, target state, reported state)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from storage.evidence.witness import Rollback
from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, client_ip, require
from supervisor.contract.enrolment import EnrolReply, EnrolRequest
from supervisor.contract.keys import KeyChange, KeyReply
from supervisor.contract.state import BoxState
from supervisor.contract.target import TargetState
from supervisor.devices import enrolment, keys, revocation, service, target, witness
from supervisor.devices.schemas import (
    BoxIn,
    BoxOut,
    CameraChange,
    CameraIn,
    CameraOut,
    EnrolmentOut,
    RevocationIn,
    RoomIn,
    RoomOut,
    SiteIn,
    SiteOut,
)
from supervisor.paging import CursorText, Page, PageSize
from supervisor.requests import SignedBoxDep, parse_body

router = APIRouter(prefix="/api", tags=["devices"])
box_router = APIRouter(prefix="/api/box", tags=["box"])
witness_router = APIRouter(prefix="/witness", tags=["witness"])

Admin = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN))]
Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]


@router.post("/sites", status_code=201)
def create_site(body: SiteIn, centre: CentreDep, caller: Admin) -> SiteOut:
    return service.create_site(centre, caller, body)


@router.get("/sites")
def list_sites(centre: CentreDep, caller: Anyone, cursor: CursorText = None, size: PageSize = 50) -> Page[SiteOut]:
    return service.sites(centre, caller, cursor, size)


@router.post("/rooms", status_code=201)
def create_room(body: RoomIn, centre: CentreDep, caller: Admin) -> RoomOut:
    return service.create_room(centre, caller, body)


@router.get("/rooms")
def list_rooms(centre: CentreDep, caller: Anyone, cursor: CursorText = None, size: PageSize = 50) -> Page[RoomOut]:
    return service.rooms(centre, caller, cursor, size)


@router.post("/cameras", status_code=201)
def create_camera(body: CameraIn, centre: CentreDep, caller: Admin) -> CameraOut:
    return service.create_camera(centre, caller, body)


@router.patch("/cameras/{camera_id}")
def change_camera(camera_id: UUID, body: CameraChange, centre: CentreDep, caller: Admin) -> CameraOut:
    return service.change_camera(centre, caller, camera_id, body)


@router.get("/cameras")
def list_cameras(centre: CentreDep, caller: Anyone, cursor: CursorText = None, size: PageSize = 50) -> Page[CameraOut]:
    return service.cameras(centre, caller, cursor, size)


@router.post("/boxes", status_code=201)
def create_box(body: BoxIn, centre: CentreDep, caller: Admin) -> EnrolmentOut:
    return enrolment.create_box(centre, caller, body)


@router.get("/boxes")
def list_boxes(centre: CentreDep, caller: Anyone, cursor: CursorText = None, size: PageSize = 50) -> Page[BoxOut]:
    return service.boxes(centre, caller, cursor, size)


@router.post("/boxes/{box_id}/code", status_code=201)
def new_code(box_id: UUID, centre: CentreDep, caller: Admin) -> EnrolmentOut:
    return enrolment.new_code(centre, caller, box_id)


@router.post("/boxes/{box_id}/revoke", status_code=204)
def revoke(box_id: UUID, body: RevocationIn, centre: CentreDep, caller: Admin) -> None:
    revocation.revoke(centre, caller, box_id, body)


@box_router.post("/enrol", status_code=201, openapi_extra={"x-roles": ["one-time code"]})
def enrol(body: EnrolRequest, request: Request, centre: CentreDep) -> EnrolReply:
    return enrolment.enrol(centre, body, client_ip(request))


@witness_router.post("/add-checkpoint", response_class=Response, openapi_extra={"x-roles": ["the log's own signature"]})
async def add_checkpoint(request: Request, centre: CentreDep) -> Response:
    """C2SP tlog-witness."""
    try:
        lines = await run_in_threadpool(witness.add_checkpoint, centre, await request.body())
    except Rollback as told:
        return Response(f"{told.size}\n", status_code=told.status, headers={"Content-Type": "text/x.tlog.size"})
    return Response(lines, media_type="text/plain; charset=utf-8")


@box_router.get("/target", response_model=TargetState)
def target_state(
    centre: CentreDep, box: SignedBoxDep, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    state, etag = target.target_state(centre, box.box_id)
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(state.model_dump_json(), media_type="application/json", headers={"ETag": etag})


@box_router.post("/state", status_code=204)
async def report_state(centre: CentreDep, box: SignedBoxDep) -> None:
    state = parse_body(BoxState, box.body)
    await run_in_threadpool(service.report_state, centre, box.box_id, state)


@box_router.post("/key")
async def change_key(centre: CentreDep, box: SignedBoxDep) -> KeyReply:
    change = parse_body(KeyChange, box.body)
    return await run_in_threadpool(keys.change_key, centre, box.box_id, change)
