"""Changes of an approved plan: what may still be asked for and until when, the request, and all that was asked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import RootModel

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, require
from supervisor.centre import Centre
from supervisor.changes import service
from supervisor.changes.schemas import Changeable, ChangeIn, ChangeOut, PlanOut
from supervisor.changes.service import CHANGEABLE
from supervisor.classes import service as classes
from supervisor.classes.schemas import ClassOut, SessionOut
from supervisor.console.decide_words import CHANGE_STATES, CHANGES, CLASS_STATES, state_mark, term
from supervisor.console.form_values import Typed, modelled
from supervisor.console.i18n import N_, Words, short_time
from supervisor.console.opening_page import SEES
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.state_words import KINDS
from supervisor.console.views import Mark
from supervisor.openings.service import APPLICANTS
from supervisor.rules.plan_change import OPEN

router = APIRouter(route_class=PageRoute, include_in_schema=False)

FIELDS = {
    "teachers": N_("教师"),
    "date": N_("日期"),
    "start": N_("开始时间"),
    "end": N_("结束时间"),
    "room_id": N_("教室"),
    "lesson_hour_ids": N_("要补的学时"),
    "reason": N_("理由"),
    "session_id": N_("课次"),
}
_MAKEUP = "makeup_lesson"
_BETWEEN = re.compile(r"[\u3001\uff0c,;\uff1b]")
"""What people write between two names."""


class _Wanted(RootModel[ChangeIn]):
    """A change as the service hears it."""


@dataclass(frozen=True, slots=True)
class SessionLine:
    """`term`: how long a change of it may still be asked for, or what is asked already."""

    id: UUID
    title: str
    text: str
    term: Mark
    asked: bool
    today: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """`term`: of a request that waits: how long the county has."""

    at: datetime
    title: str
    mark: Mark
    before: str
    after: str
    reason: str
    term: Mark | None
    until: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class ChangesView:
    """`chosen`: the session a change is asked for. `hours`: what may be made up for."""

    class_id: UUID
    class_no: str
    title: str
    state: Mark
    version: int
    confirm_hours: int
    sessions: tuple[SessionLine, ...]
    chosen: SessionLine | None
    held: SessionOut | None
    rooms: tuple[tuple[str, str, bool], ...]
    hours: tuple[tuple[str, str], ...]
    log: tuple[ChangeLine, ...]
    values: Mapping[str, str]


@router.get("/classes/{class_id}/changes")
def show(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*SEES))],
    session: Annotated[UUID | None, Query()] = None,
    done: str = "",
) -> Response:
    return _page(request, centre, caller, class_id, session, done=bool(done))


@router.post("/classes/{class_id}/changes")
def ask(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*APPLICANTS))],
    typed: Typed,
    hour: Annotated[list[UUID] | None, Form()] = None,
) -> Response:
    """A second request for the same session or lesson hour is refused, so that one sent twice is made once."""
    try:
        service.ask(centre, caller, class_id, modelled(_Wanted, _said(typed, hour or []), FIELDS).root)
    except LessonProofError as error:
        if error.code == "CLASS_NOT_FOUND":
            raise
        return _page(request, centre, caller, class_id, _uuid(typed.get("session_id")), typed, error)
    return RedirectResponse(f"/classes/{class_id}/changes?done=1#asked", status_code=303)


def _said(typed: Mapping[str, str], hours: Sequence[UUID]) -> dict[str, Any]:
    """What the form of one kind of change says: only the fields of that kind."""
    kind = typed.get("kind", "")
    told: dict[str, Any] = {"kind": kind, "reason": typed.get("reason", "")}
    if kind == _MAKEUP:
        told["lesson_hour_ids"] = [str(one) for one in hours]
    else:
        told |= {"session_id": typed.get("session_id", ""), "emergency": "emergency" in typed}
    if kind in ("substitute", _MAKEUP):
        told["teachers"] = [name.strip() for name in _BETWEEN.split(typed.get("teachers", "")) if name.strip()]
    if kind in ("move", _MAKEUP):
        told |= {name: typed.get(name, "") for name in ("date", "start", "end")}
    if kind in ("move", "room", _MAKEUP):
        told["room_id"] = typed.get("room_id", "")
    return told


def _page(
    request: Request,
    centre: Centre,
    caller: Caller,
    class_id: UUID,
    session: UUID | None,
    typed: Mapping[str, str] | None = None,
    error: LessonProofError | None = None,
    *,
    done: bool = False,
) -> Response:
    words, now = page_words(request), centre.clock.now()
    training = classes.show_class(centre, caller, class_id)
    view = present_changes(
        training, service.show(centre, caller, class_id), service.changeable(centre, caller, class_id), session,
        typed or {}, now, words,
    )  # fmt: skip
    return render(
        request, "plan_changes.html", status=error.status if error else 200, viewer=viewer_of(caller), here="classes",
        demo=training.demo, view=view, done=done, kinds=[(key, words(CHANGES[key])) for key in CHANGES],
        fault=(f"{sentence(request, error)}", error.code) if error else None,
        may_ask=caller.role in APPLICANTS and training.status in CHANGEABLE,
    )  # fmt: skip


def present_changes(
    training: ClassOut,
    plan: PlanOut,
    choice: Changeable,
    session: UUID | None,
    typed: Mapping[str, str],
    now: datetime,
    words: Words,
) -> ChangesView:
    rooms = {one.id: one.name for one in choice.rooms}
    waiting = {one.session_id: one for one in plan.changes if one.state in OPEN and one.kind != _MAKEUP}
    coming = sorted((one for one in training.sessions if one.start > now), key=lambda one: one.start)
    lines = tuple(_session(one, rooms, waiting.get(one.id), session, now, words) for one in coming)
    held = next((one for one in coming if one.id == session), None)
    last = max(training.sessions, key=lambda one: one.start, default=None)
    cancelled, failed = words("已停课"), words("未通过")
    return ChangesView(
        class_id=training.id,
        class_no=training.class_no,
        title=training.name,
        state=state_mark(CLASS_STATES, training.status, words),
        version=plan.version,
        confirm_hours=choice.confirm_hours,
        sessions=lines,
        chosen=next((one for one in lines if one.chosen and not one.asked), None),
        held=held,
        rooms=tuple((str(one.id), one.name, one.watched) for one in choice.rooms),
        hours=tuple(
            (str(one.id), f"{_span(one.start, one.end, words)} · {cancelled if one.cancelled else failed}")
            for one in choice.hours
        ),
        log=tuple(_change(one, rooms, now, words) for one in reversed(plan.changes)),
        values=defaultdict(str, _as_planned(held or last) | dict(typed)),
    )


def _session(
    one: SessionOut,
    rooms: Mapping[UUID, str],
    asked: ChangeOut | None,
    chosen: UUID | None,
    now: datetime,
    words: Words,
) -> SessionLine:
    if asked is not None:
        mark = Mark("wait", f"{words(CHANGES[asked.kind])} · {words(CHANGE_STATES[asked.state][1])}")
    else:
        left = term(now, one.start, now, words)
        mark = Mark(left.tone if left.tone == "warn" else "ok", words("还可以申请,{left}", left=left.text))
    return SessionLine(
        id=one.id,
        title=_span(one.start, one.end, words),
        text=f"{words(KINDS[one.kind])} · {rooms.get(one.room_id, '')} · {'、'.join(one.teachers)}",
        term=mark,
        asked=asked is not None,
        today=one.start.astimezone(CHINA).date() == now.astimezone(CHINA).date(),
        chosen=one.id == chosen,
    )


def _as_planned(held: SessionOut | None) -> dict[str, str]:
    """What stands in the fields at first: the session as it is planned."""
    if held is None:
        return {}
    start, end = held.start.astimezone(CHINA), held.end.astimezone(CHINA)
    return {
        "date": start.date().isoformat(),
        "start": start.strftime("%H:%M"),
        "end": end.strftime("%H:%M"),
        "room_id": str(held.room_id),
    }


def _change(one: ChangeOut, rooms: Mapping[UUID, str], now: datetime, words: Words) -> ChangeLine:
    title = words(CHANGES[one.kind]) + (f" · {words('紧急')}" if one.emergency else "")
    if one.version is not None:
        title += f" · {words('计划第 {n} 版', n=one.version)}"
    waits = one.state in OPEN
    return ChangeLine(
        at=one.asked_at,
        title=title,
        mark=state_mark(CHANGE_STATES, one.state, words),
        before=_planned(one.before, rooms, words),
        after=_planned(one.after, rooms, words) if one.after else words("不上课"),
        reason=one.reason,
        term=term(one.asked_at, one.decide_by, now, words) if waits else None,
        until=one.decide_by,
        answer=one.decision_reason or "",
    )


def _planned(what: Mapping[str, Any], rooms: Mapping[UUID, str], words: Words) -> str:
    span = _span(datetime.fromisoformat(what["start"]), datetime.fromisoformat(what["end"]), words)
    return f"{span} · {rooms.get(UUID(what['room_id']), '')} · {'、'.join(what['teachers'])}"


def _span(start: datetime, end: datetime, words: Words) -> str:
    return f"{words.day(start)} {short_time(start)}–{short_time(end)}"


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
