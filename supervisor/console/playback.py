"""Playback: which room on which day, and that room's day on one page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, require
from supervisor.console.holds import holds_of
from supervisor.console.i18n import N_, Words
from supervisor.console.page_route import PageRoute
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.room_day import present_room_day
from supervisor.console.room_spans import last_minutes, present_spans
from supervisor.console.state_words import EXCLUDED, GAPS, HOLD_REASONS, SCRIPT_WORDS, VERDICTS, VIEW_REASONS
from supervisor.console.views import Mark
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.lessons.endpoints import EXPORTERS
from supervisor.lessons.schemas import ViewReason
from supervisor.playback import service
from supervisor.playback.schemas import ClipState, RoomDay
from supervisor.rules.verdict import VerdictState

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SignedIn = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]

CLIPS: dict[ClipState, str] = {
    ClipState.HERE: N_("片段可以播放"),
    ClipState.WAITING: N_("片段还没有传到,现场设备正在补传"),
    ClipState.AGAIN: N_("归档中的片段已损坏或丢失,正向现场设备重新索取"),
    ClipState.DAMAGED: N_("片段文件无法播放"),
    ClipState.DELETED: N_("片段已过留存期,按规定删除"),
}


@router.get("/rooms")
def rooms(request: Request, centre: CentreDep, caller: SignedIn, on: str = "", q: str = "") -> Response:
    """`on`: a day; empty: of the search, else the last with lesson hours."""
    words = page_words(request)
    found = service.choices(centre, caller, _day(on), q[:64])
    return render(
        request,
        "rooms.html",
        viewer=viewer_of(caller),
        here="playback",
        demo=False,
        view=found,
        q=q[:64],
        marks={room.room_id: _marks(room.states, words) for room in found.rooms},
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _marks(states: Sequence[VerdictState | None], words: Words) -> list[Mark]:
    return [_mark(state, words) for state in states]


def _mark(state: VerdictState | None, words: Words) -> Mark:
    tone, text = VERDICTS[state] if state else ("wait", N_("还没有结论"))
    return Mark(tone, words(text))


@router.get("/rooms/{room_id}/{day}")
def room_day(
    room_id: UUID,
    day: date,
    request: Request,
    centre: CentreDep,
    caller: SignedIn,
    lesson: UUID | None = None,
    why: ViewReason | None = None,
    camera: UUID | None = None,
    at: Annotated[int | None, Query(ge=0, lt=32_503_680_000_000)] = None,
    span: Annotated[int, Query(ge=0, le=900)] = 0,
) -> Response:
    """`lesson`: the lesson hour to begin with. `why`: the reason the viewer gave for opening recordings. `camera`, `at`
    (epoch ms): where to begin; with `span` (seconds), the stretch of raw recording to ask for."""
    words = page_words(request)
    found = service.room_day(centre, caller, room_id, day)
    view = present_room_day(found, lesson, words, camera)
    return render(
        request,
        "room_day.html",
        viewer=viewer_of(caller),
        here="playback",
        demo=any(one.demo for one in found.lessons),
        view=view,
        room_id=room_id,
        day=day,
        camera=camera,
        at=at,
        spans=present_spans(found, caller, words, camera, at, span),
        why=why,
        whys=[(reason.value, words(text)) for reason, text in VIEW_REASONS.items()],
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        may_snapshot=caller.role in EXPORTERS,
        holds=holds_of(centre, caller, view.chosen, words) if view.chosen else None,
        hold_reasons=[(reason.value, words(text)) for reason, text in HOLD_REASONS.items()],
        script_words={key: words(text) for key, text in SCRIPT_WORDS.items()},
        codes=_codes(found, words),
    )


@router.get("/lessons/{lesson_hour_id}/look-back")
def look_back(lesson_hour_id: UUID, centre: CentreDep, caller: SignedIn, camera: UUID | None = None) -> Response:
    """From the wall: the room's day, at the last five minutes of that camera."""
    with centre.uow.read() as session:
        row = lessons.lesson(session, caller, lesson_hour_id)
        if row is None:
            raise not_found("LESSON", "课时", "lesson hour")
    at, seconds = last_minutes(row.hour.start, row.hour.end, centre.clock.now())
    which = "" if camera is None else f"&camera={camera}"
    page = f"/rooms/{row.room.id}/{row.session.local_date}?lesson={lesson_hour_id}{which}&at={at}&span={seconds}#spans"
    return RedirectResponse(page, status_code=303)


def _codes(day: RoomDay, words: Words) -> dict[str, object]:
    """Words of the codes in the day's JSON."""
    return {
        "gaps": {code: words(text) for code, text in GAPS.items()},
        "excluded": {code: words(text) for code, text in EXCLUDED.items()},
        "verdicts": {state: (tone, words(text)) for state, (tone, text) in VERDICTS.items()},
        "clips": {state: words(text) for state, text in CLIPS.items()},
    }
