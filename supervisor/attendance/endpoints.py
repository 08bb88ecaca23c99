"""Check-in over HTTP, as the phone page calls it. The session's code is the key; no account is needed."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from supervisor.attendance import codes, service, staff
from supervisor.attendance.device import DEVICE_COOKIE, DEVICE_FOR_S
from supervisor.attendance.schemas import CheckInPage, CheckInReply, CheckInRequest, TicketOut, TicketRequest
from supervisor.callers import CentreDep, client_ip
from supervisor.centre import Centre

router = APIRouter(prefix="/api/checkin", tags=["attendance"])


@router.get("/{session_code}", openapi_extra={"x-roles": ["session code"]})
def show(session_code: str, request: Request, centre: CentreDep) -> CheckInPage:
    return service.open_session(centre, session_code, request.cookies.get(DEVICE_COOKIE))


@router.post("/{session_code}", openapi_extra={"x-roles": ["session code"]})
def check_in(
    session_code: str, body: CheckInRequest, request: Request, response: Response, centre: CentreDep
) -> CheckInReply:
    reply = service.check_in(centre, session_code, body, request.cookies.get(DEVICE_COOKIE), client_ip(request))
    set_device_cookie(response, centre, reply.device_cookie)
    return reply


@router.post("/{session_code}/ticket", openapi_extra={"x-roles": ["session code"]})
def swap_code(
    session_code: str, body: TicketRequest, request: Request, response: Response, centre: CentreDep
) -> TicketOut:
    out = codes.swap(centre, session_code, body, request.cookies.get(DEVICE_COOKIE), client_ip(request))
    set_device_cookie(response, centre, out.device_cookie)
    return out


@router.post(
    "/{session_code}/roll-calls/{roll_call_id}/confirm", status_code=204, openapi_extra={"x-roles": ["session code"]}
)
def confirm_roll_call(session_code: str, roll_call_id: UUID, request: Request, centre: CentreDep) -> None:
    staff.confirm_as_trainee(centre, session_code, roll_call_id, request.cookies.get(DEVICE_COOKIE))


def set_device_cookie(response: Response, centre: Centre, sealed: str) -> None:
    response.set_cookie(
        DEVICE_COOKIE,
        sealed,
        max_age=DEVICE_FOR_S,
        httponly=True,
        samesite="lax",
        secure=centre.public_url.startswith("https:"),
    )
