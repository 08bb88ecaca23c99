"""The classroom's pages: the board on the room's screen, its parts for the page to follow, the teacher's roll call."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from edge_agent.panel.board import board
from edge_agent.panel.cards import Cards
from edge_agent.panel.classroom_words import CLASSROOM
from edge_agent.panel.facts import Facts
from edge_agent.panel.looking import Looking, Room, picture
from edge_agent.panel.roll import Roll
from edge_agent.panel.words import language_of
from supervisor.rules.checkin import Direction

_Room = Annotated[str | None, Query(max_length=64)]


class RollCallIn(BaseModel):
    """`roll_call_id`: made with the page, so that a second press is the same roll call."""

    model_config = ConfigDict(extra="forbid")
    roll_call_id: UUID
    session_id: UUID
    direction: Direction
    present: Annotated[list[UUID], Field(min_length=1, max_length=500)]


class CardIn(BaseModel):
    """`card_id`: made for each number, so that a second press is the same one."""

    model_config = ConfigDict(extra="forbid")
    card_id: UUID
    session_id: UUID
    direction: Direction
    number: Annotated[str, Field(max_length=40)]


class CardedOut(BaseModel):
    name: str
    again: bool


def classroom_router(looking: Looking, roll: Roll, cards: Cards, token: str) -> APIRouter:
    router = APIRouter()

    def chosen(name: str | None, rooms: list[Room]) -> Room | None:
        return next((room for room in rooms if room.name == name), rooms[0] if rooms else None)

    def view(request: Request, room: str | None, lang: str | None) -> tuple[dict[str, Any], Facts]:
        language, rooms = language_of(lang, request.headers.get("accept-language", "")), looking.rooms()
        here = chosen(room, rooms)
        facts = looking.facts(here)
        return {
            "lang": language,
            "t": CLASSROOM[language],
            "token": token,
            "rooms": rooms,
            "here": here,
            "b": board(facts, language),
            "picture": picture,
        }, facts

    @router.get("/")
    def page(request: Request, room: _Room = None, lang: str | None = None) -> HTMLResponse:
        return HTMLResponse(environment().get_template("classroom.html").render(view(request, room, lang)[0]))

    @router.get("/classroom/board")
    def parts(request: Request, room: _Room = None, lang: str | None = None) -> HTMLResponse:
        """The page's parts alone: it takes over those that changed."""
        return HTMLResponse(environment().get_template("board.html").render(view(request, room, lang)[0]))

    @router.get("/classroom/roll-call")
    def roll_page(request: Request, room: _Room = None, lang: str | None = None) -> HTMLResponse:
        context, facts = view(request, room, lang)
        context |= {"door": facts.door, "roll_call_id": uuid4()}
        return HTMLResponse(environment().get_template("roll_call.html").render(context))

    @router.post("/classroom/roll-call", status_code=204)
    def call(wanted: Annotated[RollCallIn, Body()]) -> None:
        roll.call(wanted.roll_call_id, wanted.session_id, wanted.direction, wanted.present)

    @router.get("/classroom/card")
    def card_page(request: Request, room: _Room = None, lang: str | None = None) -> HTMLResponse:
        context, facts = view(request, room, lang)
        return HTMLResponse(environment().get_template("card.html").render(context | {"door": facts.door}))

    @router.post("/classroom/card")
    def card(wanted: Annotated[CardIn, Body()]) -> CardedOut:
        found = cards.check_in(wanted.card_id, wanted.session_id, wanted.direction, wanted.number)
        return CardedOut(name=found.name, again=found.again)

    return router


@cache
def environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
