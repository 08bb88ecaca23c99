"""Patrols over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.paging import CursorText, Page, PageSize
from supervisor.patrol import service
from supervisor.patrol.schemas import AnswersIn, ClosingIn, FindingOut, PatrolIn, PatrolOut
from supervisor.rules.roll_call import FINDINGS

router = APIRouter(prefix="/api/patrols", tags=["patrols"])

Patroller = Annotated[Caller, Depends(require(Role.INSPECTOR, Role.THIRD_PARTY))]
READERS = (Role.INSPECTOR, Role.THIRD_PARTY, Role.HANDLER, Role.OVERSIGHT)
Reader = Annotated[Caller, Depends(require(*READERS))]


@router.get("/findings")
def findings(_caller: Reader) -> list[FindingOut]:
    return [FindingOut(code=code, zh=zh, en=en) for code, (zh, en) in FINDINGS.items()]


@router.post("", status_code=201)
def open_patrol(body: PatrolIn, request: Request, centre: CentreDep, caller: Patroller) -> PatrolOut:
    return service.open_patrol(centre, caller, body, client_ip(request))


@router.get("")
def list_patrols(
    centre: CentreDep,
    caller: Reader,
    class_id: UUID | None = None,
    account_id: UUID | None = None,
    day: date | None = None,
    unfinished: bool = False,
    cursor: CursorText = None,
    size: PageSize = 50,
) -> Page[PatrolOut]:
    return service.patrols(centre, caller, class_id, account_id, day, unfinished, cursor, size)


@router.get("/{patrol_id}")
def show(patrol_id: UUID, centre: CentreDep, caller: Reader) -> PatrolOut:
    return service.show(centre, caller, patrol_id)


@router.post("/{patrol_id}/roll-calls", status_code=201)
def call_roll(patrol_id: UUID, centre: CentreDep, caller: Patroller) -> PatrolOut:
    return service.call_roll(centre, caller, patrol_id)


@router.post("/{patrol_id}/roll-calls/{roll_call_id}/answers")
def answer(patrol_id: UUID, roll_call_id: UUID, body: AnswersIn, centre: CentreDep, caller: Patroller) -> PatrolOut:
    return service.answer(centre, caller, patrol_id, roll_call_id, body)


@router.post("/{patrol_id}/close")
def close(patrol_id: UUID, body: ClosingIn, centre: CentreDep, caller: Patroller) -> PatrolOut:
    return service.close(centre, caller, patrol_id, body)
