"""The patrol wall over HTTP: rounds, draws, marked instants, troubles called none."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from supervisor.callers import Caller, CentreDep, client_ip, require
from supervisor.patrol import rounds, wall
from supervisor.patrol.endpoints import Reader
from supervisor.patrol.schemas import DismissalIn, DrawOut, MarkIn, MarkOut, RoundIn, RoundOut

router = APIRouter(prefix="/api/wall", tags=["patrols"])

Patroller = Annotated[Caller, Depends(require(*wall.WALL_ROLES))]


@router.post("/rounds", status_code=201)
def sign_off(body: RoundIn, request: Request, centre: CentreDep, caller: Patroller) -> RoundOut:
    return rounds.sign_off(centre, caller, body, client_ip(request))


@router.get("/rounds")
def list_rounds(centre: CentreDep, caller: Reader, day: date | None = None) -> list[RoundOut]:
    return rounds.rounds(centre, caller, day)


@router.post("/draws", status_code=201)
def draw(centre: CentreDep, caller: Patroller) -> DrawOut:
    return wall.draw_lessons(centre, caller)


@router.get("/draws/{draw_id}")
def show_draw(draw_id: UUID, centre: CentreDep, caller: Patroller) -> DrawOut:
    return wall.drawn(centre, caller, draw_id)


@router.post("/dismissals", status_code=204)
def dismiss(body: DismissalIn, centre: CentreDep, caller: Patroller) -> None:
    wall.dismiss(centre, caller, body)


@router.post("/marks", status_code=201)
def mark(body: MarkIn, request: Request, centre: CentreDep, caller: Patroller) -> MarkOut:
    return wall.mark(centre, caller, body, client_ip(request))
