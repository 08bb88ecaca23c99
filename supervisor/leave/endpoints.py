"""Leave, make-up check-ins, drop-outs and late joiners over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from supervisor.attendance.device import DEVICE_COOKIE
from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, require
from supervisor.classes.schemas import RosterRow
from supervisor.leave import makeups as makeup_service
from supervisor.leave import roster, service
from supervisor.leave.schemas import (
    Decision,
    DropOutIn,
    DropOutOut,
    JoinedOut,
    LeaveIn,
    LeaveOut,
    LeavesOut,
    MakeupIn,
    MakeupOut,
    OwnLeaveIn,
    OwnLeaveOut,
)

router = APIRouter(prefix="/api", tags=["leave"])

Asks = Annotated[Caller, Depends(require(Role.TEACHER, Role.RESPONSIBLE))]
LeaveDecider = Annotated[Caller, Depends(require(Role.TEACHER, Role.RESPONSIBLE, Role.HANDLER, Role.INSPECTOR))]
County = Annotated[Caller, Depends(require(Role.HANDLER, Role.INSPECTOR))]
RosterKeeper = Annotated[Caller, Depends(require(Role.HANDLER, Role.APPROVER))]
Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]


@router.post("/classes/{class_id}/leaves", status_code=201)
def ask_leave(class_id: UUID, body: LeaveIn, centre: CentreDep, caller: Asks) -> LeaveOut:
    return service.ask_leave(centre, caller, class_id, body)


@router.get("/classes/{class_id}/leaves")
def leaves(class_id: UUID, centre: CentreDep, caller: Anyone) -> LeavesOut:
    return service.leaves(centre, caller, class_id)


@router.post("/checkin/{session_code}/leave", status_code=201, openapi_extra={"x-roles": ["session code"]})
def ask_own_leave(session_code: str, body: OwnLeaveIn, request: Request, centre: CentreDep) -> OwnLeaveOut:
    return service.ask_own_leave(centre, session_code, body, request.cookies.get(DEVICE_COOKIE))


@router.post("/leaves/{leave_id}/approve")
def approve_leave(leave_id: UUID, body: Decision, centre: CentreDep, caller: LeaveDecider) -> LeaveOut:
    return service.decide_leave(centre, caller, leave_id, True, body)


@router.post("/leaves/{leave_id}/refuse")
def refuse_leave(leave_id: UUID, body: Decision, centre: CentreDep, caller: LeaveDecider) -> LeaveOut:
    return service.decide_leave(centre, caller, leave_id, False, body)


@router.post("/leaves/{leave_id}/withdraw")
def withdraw_leave(leave_id: UUID, centre: CentreDep, caller: Asks) -> LeaveOut:
    return service.withdraw_leave(centre, caller, leave_id)


@router.post("/classes/{class_id}/makeups", status_code=201)
def ask_makeup(class_id: UUID, body: MakeupIn, centre: CentreDep, caller: Asks) -> MakeupOut:
    return makeup_service.ask_makeup(centre, caller, class_id, body)


@router.get("/classes/{class_id}/makeups")
def makeups(class_id: UUID, centre: CentreDep, caller: Anyone) -> list[MakeupOut]:
    return makeup_service.makeups(centre, caller, class_id)


@router.post("/makeups/{makeup_id}/approve")
def approve_makeup(makeup_id: UUID, body: Decision, centre: CentreDep, caller: County) -> MakeupOut:
    return makeup_service.decide_makeup(centre, caller, makeup_id, True, body)


@router.post("/makeups/{makeup_id}/refuse")
def refuse_makeup(makeup_id: UUID, body: Decision, centre: CentreDep, caller: County) -> MakeupOut:
    return makeup_service.decide_makeup(centre, caller, makeup_id, False, body)


@router.post("/classes/{class_id}/drop-outs", status_code=201)
def ask_drop_out(class_id: UUID, body: DropOutIn, centre: CentreDep, caller: Asks) -> DropOutOut:
    return roster.ask_drop_out(centre, caller, class_id, body)


@router.get("/classes/{class_id}/drop-outs")
def drop_outs(class_id: UUID, centre: CentreDep, caller: Anyone) -> list[DropOutOut]:
    return roster.drop_outs(centre, caller, class_id)


@router.post("/drop-outs/{drop_out_id}/approve")
def approve_drop_out(drop_out_id: UUID, body: Decision, centre: CentreDep, caller: RosterKeeper) -> DropOutOut:
    return roster.decide_drop_out(centre, caller, drop_out_id, True, body)


@router.post("/drop-outs/{drop_out_id}/refuse")
def refuse_drop_out(drop_out_id: UUID, body: Decision, centre: CentreDep, caller: RosterKeeper) -> DropOutOut:
    return roster.decide_drop_out(centre, caller, drop_out_id, False, body)


@router.post("/classes/{class_id}/trainees", status_code=201)
def join(class_id: UUID, body: RosterRow, centre: CentreDep, caller: RosterKeeper) -> JoinedOut:
    return roster.join(centre, caller, class_id, body)
