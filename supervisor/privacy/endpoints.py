"""Notice, consent, reveal, rights desk and registers over HTTP. A trainee speaks by the phone that checked them in."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request

from supervisor.attendance.device import DEVICE_COOKIE, read_device
from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, client_ip, require
from supervisor.centre import Centre
from supervisor.paging import CursorText, Page, PageSize
from supervisor.privacy import consents, desk, registers
from supervisor.privacy.schemas import (
    CompliancePack,
    ConsentIn,
    ConsentOut,
    Kept,
    MyData,
    NoticeOut,
    PaperConsentIn,
    RevealIn,
    RevealLine,
    RevealOut,
    RightsAnswerIn,
    RightsIn,
    RightsOut,
    ViewOut,
    ViewsWanted,
)

router = APIRouter(prefix="/api", tags=["privacy"])

Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]
KEEPERS = (Role.TEACHER, Role.RESPONSIBLE, Role.HANDLER)
WATCHERS = (Role.RESPONSIBLE, Role.INSPECTOR, Role.OVERSIGHT, Role.AUDIT_ADMIN)
Keeper = Annotated[Caller, Depends(require(*KEEPERS))]
Asker = Annotated[Caller, Depends(require(Role.TEACHER, Role.RESPONSIBLE, Role.HANDLER, Role.INSPECTOR, Role.APPROVER))]
Answerer = Annotated[Caller, Depends(require(Role.HANDLER))]
Watcher = Annotated[Caller, Depends(require(*WATCHERS))]
Auditor = Annotated[Caller, Depends(require(Role.OVERSIGHT, Role.AUDIT_ADMIN))]
BY_CODE = {"x-roles": ["session code", "trainee"]}


@router.get("/checkin/{session_code}/notice", openapi_extra=BY_CODE)
def notice_by_code(session_code: str, centre: CentreDep) -> NoticeOut:
    return consents.notice_of_session(centre, session_code)


@router.post("/checkin/{session_code}/consents", status_code=201, openapi_extra=BY_CODE)
def say_by_phone(session_code: str, body: ConsentIn, request: Request, centre: CentreDep) -> ConsentOut:
    return consents.say_by_phone(centre, session_code, _trainee(request, centre), body)


@router.get("/checkin/{session_code}/my-data", openapi_extra=BY_CODE)
def my_data(session_code: str, request: Request, centre: CentreDep) -> MyData:
    return desk.my_data(centre, session_code, _trainee(request, centre))


@router.post("/checkin/{session_code}/rights-requests", status_code=201, openapi_extra=BY_CODE)
def ask_by_phone(session_code: str, body: RightsIn, request: Request, centre: CentreDep) -> RightsOut:
    return desk.ask_by_phone(centre, session_code, _trainee(request, centre), body)


@router.get("/classes/{class_id}/notice")
def notice(class_id: UUID, centre: CentreDep, caller: Anyone) -> NoticeOut:
    return consents.notice_of_class(centre, caller, class_id)


@router.get("/roster-entries/{entry_id}/consents")
def consents_of(entry_id: UUID, centre: CentreDep, caller: Asker) -> list[ConsentOut]:
    return consents.consents_of(centre, caller, entry_id)


@router.post("/roster-entries/{entry_id}/consents", status_code=201)
def say_for(entry_id: UUID, body: PaperConsentIn, centre: CentreDep, caller: Keeper) -> ConsentOut:
    return consents.say_for(centre, caller, entry_id, body)


@router.post("/roster-entries/{entry_id}/reveal")
def reveal(entry_id: UUID, body: RevealIn, request: Request, centre: CentreDep, caller: Asker) -> RevealOut:
    return consents.reveal(centre, caller, entry_id, body, client_ip(request))


@router.post("/roster-entries/{entry_id}/rights-requests", status_code=201)
def ask_for(entry_id: UUID, body: RightsIn, centre: CentreDep, caller: Keeper) -> RightsOut:
    return desk.ask_for(centre, caller, entry_id, body)


@router.get("/rights-requests")
def requests(
    centre: CentreDep, caller: Keeper, cursor: CursorText = None, size: PageSize = 50, open_only: bool = False
) -> Page[RightsOut]:
    return desk.requests(centre, caller, cursor, size, open_only=open_only)


@router.post("/rights-requests/{request_id}/answer")
def answer(request_id: UUID, body: RightsAnswerIn, centre: CentreDep, caller: Answerer) -> RightsOut:
    return desk.answer(centre, caller, request_id, body)


@router.get("/views")
def views(
    centre: CentreDep,
    caller: Watcher,
    wanted: Annotated[ViewsWanted, Depends()],
    cursor: CursorText = None,
    size: PageSize = 50,
) -> Page[ViewOut]:
    return registers.views(centre, caller, wanted, cursor, size)


@router.get("/reveals")
def reveals(centre: CentreDep, caller: Auditor, cursor: CursorText = None, size: PageSize = 50) -> Page[RevealLine]:
    return registers.reveals(centre, caller, cursor, size)


@router.get("/privacy/retention")
def kept(centre: CentreDep, caller: Anyone) -> list[Kept]:
    return registers.kept(centre)


@router.get("/privacy/compliance/{year}")
def pack(year: Annotated[int, Path(ge=2020, le=2100)], centre: CentreDep, caller: Auditor) -> CompliancePack:
    return registers.pack(centre, year)


def _trainee(request: Request, centre: Centre) -> UUID | None:
    return read_device(centre.vault, request.cookies.get(DEVICE_COOKIE)).trainee_id
