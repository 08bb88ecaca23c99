"""Check-in over HTTP for the staff and for the box's panel."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from supervisor.attendance import codes, listing, sites, staff, table
from supervisor.attendance.schemas import (
    AttendanceTable,
    FenceIn,
    MethodsIn,
    RollCallIn,
    RollCallOut,
    SessionCheckIns,
    SiteCheckIn,
    TeacherCheckInOut,
)
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.contract.rotating_code import RotatingCodeOut
from supervisor.requests import SignedBoxDep

router = APIRouter(prefix="/api", tags=["attendance"])
box_router = APIRouter(prefix="/api/box", tags=["box"])

Teacher = Annotated[Caller, Depends(require(Role.TEACHER))]
Inspector = Annotated[Caller, Depends(require(Role.INSPECTOR))]
Admin = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN))]
Looker = Annotated[Caller, Depends(require(Role.INSPECTOR, Role.OVERSIGHT, Role.THIRD_PARTY))]
Exporter = Annotated[Caller, Depends(require(Role.INSPECTOR, Role.OVERSIGHT))]
_READS_ATTENDANCE: tuple[Role, ...] = (
    Role.TEACHER,
    Role.RESPONSIBLE,
    Role.INSPECTOR,
    Role.APPROVER,
    Role.HANDLER,
    Role.FINANCE,
    Role.SECTOR,
    Role.OVERSIGHT,
)
Reader = Annotated[Caller, Depends(require(*_READS_ATTENDANCE, Role.THIRD_PARTY))]
Carrier = Annotated[Caller, Depends(require(*_READS_ATTENDANCE))]  # a commissioned supervisor exports nothing


@router.get("/sessions/{session_id}/rotating-code")
def rotating_code(session_id: UUID, response: Response, centre: CentreDep, caller: Teacher) -> RotatingCodeOut:
    response.headers["Cache-Control"] = "no-store"
    return codes.shown_to_staff(centre, caller, session_id)


@box_router.get("/sessions/{session_id}/rotating-code")
def rotating_code_for_box(session_id: UUID, centre: CentreDep, box: SignedBoxDep) -> RotatingCodeOut:
    return codes.shown_to_box(centre, box.box_id, session_id)


@router.post("/sessions/{session_id}/teacher-check-in")
def teacher_check_in(session_id: UUID, centre: CentreDep, caller: Teacher) -> TeacherCheckInOut:
    return staff.teacher_check_in(centre, caller, session_id)


@router.post("/sessions/{session_id}/roll-call", status_code=201)
def call_roll(session_id: UUID, body: RollCallIn, centre: CentreDep, caller: Teacher) -> RollCallOut:
    return staff.call_roll(centre, caller, session_id, body)


@router.post("/roll-calls/{roll_call_id}/confirm", status_code=204)
def confirm_roll_call(roll_call_id: UUID, centre: CentreDep, caller: Inspector) -> None:
    staff.confirm_as_inspector(centre, caller, roll_call_id)


@router.get("/sessions/{session_id}/check-ins")
def check_ins(session_id: UUID, centre: CentreDep, caller: Looker, only_anomalies: bool = False) -> SessionCheckIns:
    return listing.check_ins(centre, caller, session_id, only_anomalies=only_anomalies)


@router.get("/sessions/{session_id}/check-ins.csv", response_class=Response)
def check_ins_csv(session_id: UUID, centre: CentreDep, caller: Exporter, only_anomalies: bool = False) -> Response:
    body = listing.exported(centre, caller, session_id, only_anomalies=only_anomalies)
    return _csv(body, f"check-ins-{session_id}.csv")


@router.get("/classes/{class_id}/attendance")
def attendance(class_id: UUID, centre: CentreDep, caller: Reader) -> AttendanceTable:
    return table.attendance_of(centre, caller, class_id)


@router.get("/classes/{class_id}/attendance.csv", response_class=Response)
def attendance_csv(class_id: UUID, centre: CentreDep, caller: Carrier) -> Response:
    return _csv(table.attendance_csv(centre, caller, class_id), f"attendance-{class_id}.csv")


@router.get("/sites/{site_id}/check-in")
def site_check_in(site_id: UUID, centre: CentreDep, caller: Admin) -> SiteCheckIn:
    return sites.show(centre, caller, site_id)


@router.put("/sites/{site_id}/geofence")
def set_fence(site_id: UUID, body: FenceIn, centre: CentreDep, caller: Admin) -> SiteCheckIn:
    return sites.set_fence(centre, caller, site_id, body)


@router.put("/sites/{site_id}/check-in-methods")
def set_methods(site_id: UUID, body: MethodsIn, centre: CentreDep, caller: Admin) -> SiteCheckIn:
    return sites.set_methods(centre, caller, site_id, body)


def _csv(body: bytes, name: str) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)
