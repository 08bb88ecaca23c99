"""What the system administrator enters of places and devices: institutions, sites, rooms, cameras, boxes, check-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from config.errors import LessonProofError
from supervisor.attendance import sites as check_in
from supervisor.attendance.schemas import FenceIn, MethodsIn
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.classes import service as classes
from supervisor.classes.schemas import InstitutionIn
from supervisor.console.form_values import Typed, modelled
from supervisor.console.i18n import N_
from supervisor.console.institutions import Untaken
from supervisor.console.page_route import PageRoute
from supervisor.console.sites import code_page, site_page, sites_page
from supervisor.devices import enrolment, places, revocation, service
from supervisor.devices.schemas import (
    BoxIn,
    BoxPlace,
    CameraChange,
    CameraIn,
    CameraPlace,
    RevocationIn,
    RoomIn,
    SiteIn,
    SiteRecord,
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Admin = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN))]
FIELDS = {
    "name": N_("名称"),
    "area": N_("地区代码"),
    "sector": N_("行业部门"),
    "institution_id": N_("培训机构"),
    "room_id": N_("教室"),
    "box_id": N_("现场设备"),
    "code": N_("摄像头代号"),
    "zone": N_("座区名称"),
    "reason": N_("停用原因"),
    "remark": N_("备注"),
    "lat": N_("纬度"),
    "lon": N_("经度"),
    "datum": N_("坐标系"),
    "radius_m": N_("半径(米)"),
    "methods": N_("打卡方式"),
}
Act = Callable[[SiteRecord], str]
"""Does what the form asks for; gives what is said of it."""


@router.post("/sites/institutions")
def add_institution(request: Request, centre: CentreDep, caller: Admin, typed: Typed) -> Response:
    try:
        made = classes.create_institution(centre, caller, modelled(InstitutionIn, typed, FIELDS))
    except LessonProofError as error:
        return sites_page(request, centre, caller, untaken=Untaken("institution", typed, error))
    return RedirectResponse(f"/sites?done=institution&of={made.id}", status_code=303)


@router.post("/sites")
def add_site(request: Request, centre: CentreDep, caller: Admin, typed: Typed) -> Response:
    try:
        made = service.create_site(centre, caller, modelled(SiteIn, typed, FIELDS))
    except LessonProofError as error:
        return sites_page(request, centre, caller, untaken=Untaken("site", typed, error))
    return RedirectResponse(f"/sites/{made.id}?done=site", status_code=303)


@router.post("/sites/{site_id}/rooms")
def add_room(site_id: UUID, request: Request, centre: CentreDep, caller: Admin, typed: Typed) -> Response:
    def act(found: SiteRecord) -> str:
        service.create_room(centre, caller, modelled(RoomIn, {**typed, "site_id": found.id}, FIELDS))
        return "room"

    return _acted(request, centre, caller, site_id, "room", typed, act)


@router.post("/sites/{site_id}/cameras")
def add_camera(site_id: UUID, request: Request, centre: CentreDep, caller: Admin, typed: Typed) -> Response:
    def act(found: SiteRecord) -> str:
        wanted = modelled(CameraIn, {**typed, **_ticks(typed)}, FIELDS)
        if wanted.room_id not in [room.id for room in found.rooms]:
            raise service.not_found("ROOM", "教室", "room", "/room_id")
        service.create_camera(centre, caller, wanted)
        return "camera"

    return _acted(request, centre, caller, site_id, "camera", typed, act)


@router.post("/sites/{site_id}/cameras/{camera_id}")
def change_camera(
    site_id: UUID, camera_id: UUID, request: Request, centre: CentreDep, caller: Admin, typed: Typed
) -> Response:
    """Only what was changed is sent: a person's word on the acceptance would undo that of its test."""

    def act(found: SiteRecord) -> str:
        camera = _camera_of(found, camera_id)
        wanted = modelled(CameraChange, {**typed, **_ticks(typed)}, FIELDS)
        changed = {name: value for name, value in wanted if value is not None and value != getattr(camera, name)}
        if changed:
            service.change_camera(centre, caller, camera_id, CameraChange(**changed))
        return "changed"

    return _acted(request, centre, caller, site_id, f"camera-{camera_id}", typed, act)


@router.post("/sites/{site_id}/boxes")
def add_box(site_id: UUID, request: Request, centre: CentreDep, caller: Admin, typed: Typed) -> Response:
    found = places.site_record(centre, caller, site_id)
    try:
        wanted = modelled(BoxIn, {**typed, "site_id": found.id}, FIELDS)
        made = enrolment.create_box(centre, caller, wanted)
    except LessonProofError as error:
        return site_page(request, centre, caller, found, untaken=Untaken("box", typed, error))
    return code_page(request, centre, caller, found, wanted.name, made)


@router.post("/sites/{site_id}/boxes/{box_id}/code")
def new_code(site_id: UUID, box_id: UUID, request: Request, centre: CentreDep, caller: Admin) -> Response:
    found = places.site_record(centre, caller, site_id)
    box = _box_of(found, box_id)
    try:
        made = enrolment.new_code(centre, caller, box_id)
    except LessonProofError as error:
        return site_page(request, centre, caller, found, untaken=Untaken(f"code-{box_id}", {}, error))
    return code_page(request, centre, caller, found, box.name, made)


@router.post("/sites/{site_id}/boxes/{box_id}/revoke")
def revoke(site_id: UUID, box_id: UUID, request: Request, centre: CentreDep, caller: Admin, typed: Typed) -> Response:
    def act(found: SiteRecord) -> str:
        _box_of(found, box_id)
        if typed.get("sure") != "yes":
            raise _refused("请确认:停用后不能恢复", "confirm it: a revoked box cannot come back", "sure")
        wanted = modelled(RevocationIn, {name: typed.get(name) for name in ("reason", "remark")}, FIELDS)
        revocation.revoke(centre, caller, box_id, wanted)
        return "revoked"

    return _acted(request, centre, caller, site_id, f"revoke-{box_id}", typed, act)


@router.post("/sites/{site_id}/check-in-methods")
def set_methods(
    site_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Admin,
    methods: Annotated[list[str], Form(max_length=20)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    def act(found: SiteRecord) -> str:
        wanted = MethodsIn(methods=[]) if not methods else modelled(MethodsIn, {"methods": methods}, FIELDS)
        check_in.set_methods(centre, caller, found.id, wanted)
        return "methods"

    return _acted(request, centre, caller, site_id, "methods", {}, act, ticked=methods)


@router.post("/sites/{site_id}/geofence")
def set_fence(site_id: UUID, request: Request, centre: CentreDep, caller: Admin, typed: Typed) -> Response:
    def act(found: SiteRecord) -> str:
        check_in.set_fence(centre, caller, found.id, modelled(FenceIn, typed, FIELDS))
        return "fence"

    return _acted(request, centre, caller, site_id, "fence", typed, act)


def _acted(
    request: Request,
    centre: Centre,
    caller: Caller,
    site_id: UUID,
    form: str,
    typed: Mapping[str, str],
    act: Act,
    *,
    ticked: list[str] | None = None,
) -> Response:
    """Back to the site; a form that is not taken comes back as it was typed."""
    found = places.site_record(centre, caller, site_id)
    try:
        done = act(found)
    except LessonProofError as error:
        if error.status == 404:
            raise
        return site_page(request, centre, caller, found, untaken=Untaken(form, typed, error), ticked=ticked)
    return RedirectResponse(f"/sites/{site_id}?done={done}", status_code=303)


def _ticks(typed: Mapping[str, str]) -> dict[str, bool]:
    return {name: typed.get(name) == "yes" for name in ("accepted", "podium_in_zone")}


def _camera_of(found: SiteRecord, camera_id: UUID) -> CameraPlace:
    """Raises CAMERA_NOT_FOUND (404)."""
    for room in found.rooms:
        for camera in room.cameras:
            if camera.id == camera_id:
                return camera
    raise service.not_found("CAMERA", "摄像头", "camera")


def _box_of(found: SiteRecord, box_id: UUID) -> BoxPlace:
    """Raises BOX_NOT_FOUND (404)."""
    for box in found.boxes:
        if box.id == box_id:
            return box
    raise service.not_found("BOX", "盒子", "box")


def _refused(zh: str, en: str, where: str) -> LessonProofError:
    return LessonProofError("FORM_INVALID", status=422, where=f"/{where}", zh=zh, en=en)
