"""The page "what needs me now": one list by urgency, worked off by keyboard until it is empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, require
from supervisor.centre import Centre
from supervisor.changes import service as changes
from supervisor.changes.schemas import Decision as ChangeDecision
from supervisor.console.decide_words import CHANGES, DIRECTIONS, EXEMPTIONS, KINDS, LEAVES, stage_mark, term
from supervisor.console.i18n import Words, short_time
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.state_words import reason_text
from supervisor.console.views import Choice, Mark
from supervisor.leave import makeups, roster
from supervisor.leave import service as leave
from supervisor.leave.schemas import Decision as LeaveDecision
from supervisor.rules.evidence import ExemptKind
from supervisor.todo import service
from supervisor.todo.repository import SEEN_BY
from supervisor.todo.schemas import Kind, Waiting, WaitingList

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Worker = Annotated[Caller, Depends(require(*service.HAS_LIST))]
ACTS = (Kind.CHANGE, Kind.LEAVE, Kind.MAKEUP, Kind.DROP_OUT)
"""Decided in the list itself."""


@dataclass(frozen=True, slots=True)
class TodoItem:
    """`act`: it is decided here, with a reason; else behind `link`."""

    id: UUID
    kind: Kind
    kind_text: str
    title: str
    place: str
    text: str
    said: str
    mark: Mark | None
    term: Mark
    until: datetime | None
    link: str
    act: bool


@dataclass(frozen=True, slots=True)
class TodoView:
    now: datetime
    total: int
    choices: tuple[Choice, ...]
    items: tuple[TodoItem, ...]
    whole: bool


@router.get("/todo")
def todo(request: Request, centre: CentreDep, caller: Worker, kind: str = "all", done: str = "") -> Response:
    words, now = page_words(request), centre.clock.now()
    view = present_todo(service.waiting(centre, caller), kind, now, words)
    return render(
        request, "todo.html", viewer=viewer_of(caller), here="todo", demo=False, view=view,
        done=bool(done), chosen=next((one.key for one in view.choices if one.chosen), "all"),
    )  # fmt: skip


@router.get("/todo/count")
def count(centre: CentreDep, caller: Worker) -> Response:
    """For the menu: nothing at all when nothing waits."""
    number = service.count(centre, caller)
    return HTMLResponse("" if number == 0 else str(number) if number < 100 else "99+")


@router.post("/todo/act")
def act(
    request: Request,
    centre: CentreDep,
    caller: Worker,
    kind: Annotated[Literal["change", "leave", "makeup", "drop_out"], Form()],
    id: Annotated[UUID, Form()],
    answer: Annotated[Literal["approve", "refuse"], Form()],
    reason: Annotated[str, Form(min_length=1, max_length=500)],
    shown: Annotated[str, Form()] = "all",
) -> Response:
    try:
        decide(centre, caller, Kind(kind), id, answer == "approve", reason)
    except LessonProofError as error:
        if "hx-request" in request.headers:
            return HTMLResponse(sentence(request, error))
        raise
    back = f"/todo?kind={shown}&done=1" if shown in set(Kind) else "/todo?done=1"
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": back})
    return RedirectResponse(back, status_code=303)


def decide(centre: Centre, caller: Caller, kind: Kind, wanted: UUID, approved: bool, reason: str) -> None:
    """As the interface of its kind does. Raises ROLE_NOT_ALLOWED (403), and what that raises."""
    if caller.role not in SEEN_BY[kind]:
        raise LessonProofError(
            "ROLE_NOT_ALLOWED", status=403, zh="您的角色不能进行此操作", en="your role may not do this"
        )
    if kind is Kind.CHANGE:
        (changes.approve if approved else changes.refuse)(centre, caller, wanted, ChangeDecision(reason=reason))
    elif kind is Kind.LEAVE:
        leave.decide_leave(centre, caller, wanted, approved, LeaveDecision(reason=reason))
    elif kind is Kind.MAKEUP:
        makeups.decide_makeup(centre, caller, wanted, approved, LeaveDecision(reason=reason))
    else:
        roster.decide_drop_out(centre, caller, wanted, approved, LeaveDecision(reason=reason))


def present_todo(found: WaitingList, kind: str, now: datetime, words: Words) -> TodoView:
    """`kind`: of the filter; one of which nothing waits shows all."""
    counted = Counter(one.kind for one in found.items)
    chosen = kind if kind in {str(one) for one in counted} else "all"
    choices = [Choice("all", words("全部"), len(found.items), chosen == "all")]
    choices += [Choice(one, words(text), counted[one], chosen == one) for one, text in KINDS.items() if counted[one]]
    shown = [one for one in found.items if chosen in ("all", one.kind)]
    return TodoView(
        now=now,
        total=len(found.items),
        choices=tuple(choices),
        items=tuple(_item(one, now, words) for one in shown),
        whole=found.whole,
    )


def _item(one: Waiting, now: datetime, words: Words) -> TodoItem:
    title, text = _TEXTS[one.kind](one, words)
    return TodoItem(
        id=one.id,
        kind=one.kind,
        kind_text=words(KINDS[one.kind]),
        title=title,
        place=one.institution,
        text=text,
        said=one.reason,
        mark=stage_mark(one.stage, words) if one.stage else None,
        term=term(one.since, one.until, now, words),
        until=one.until,
        link=_link(one),
        act=one.kind in ACTS,
    )


def _link(one: Waiting) -> str:
    if one.kind is Kind.LESSON:
        return f"/lessons/{one.id}?from=todo"
    if one.kind is Kind.RECTIFICATION:
        return f"/inspections/{one.id}#rectification"
    if one.kind is Kind.SIGNATURE:
        return f"/classes/{one.class_id}/opening#signature"
    if one.kind is Kind.EXEMPTION:
        return f"/classes/{one.class_id}#exemptions"
    if one.kind is Kind.OPENING and one.detail == "returned":
        return f"/classes/{one.class_id}/opening"
    if one.kind is Kind.EXPORT:
        return f"/lessons/{one.detail}#exports" if one.detail else f"/classes/{one.class_id}#exports"
    return f"/classes/{one.class_id}"


def _span(one: Waiting, words: Words) -> str:
    if one.start is None:
        return ""
    if one.end is None:
        return f"{words.day(one.start)} {short_time(one.start)}"
    last = "" if words.day(one.start) == words.day(one.end) else f"{words.day(one.end)} "
    return f"{words.day(one.start)} {short_time(one.start)}–{last}{short_time(one.end)}"


def _lesson(one: Waiting, words: Words) -> tuple[str, str]:
    return f"{one.class_name} · {_span(one, words)}", "; ".join(reason_text(code, words) for code in one.reasons)


def _opening(one: Waiting, words: Words) -> tuple[str, str]:
    if one.detail == "returned":
        return f"{one.class_name} · {one.class_no}", words("申请已退回,请补正后重新提交")
    return f"{one.class_name} · {one.class_no}", words("请审核真实性,批准或退回")


def _signature(one: Waiting, words: Words) -> tuple[str, str]:
    return f"{one.class_name} · {one.class_no}", words("要素齐全,等您核对并签署,然后提交")


def _exemption(one: Waiting, words: Words) -> tuple[str, str]:
    return f"{words(EXEMPTIONS[ExemptKind(one.detail)])} · {one.class_name}", words("机构申请免除,请批准或说明理由")


def _change(one: Waiting, words: Words) -> tuple[str, str]:
    return f"{words(CHANGES[one.detail])} · {one.class_name}", _span(one, words)


def _leave(one: Waiting, words: Words) -> tuple[str, str]:
    return f"{one.who} {words(LEAVES[one.detail])} · {one.class_name}", _span(one, words)


def _makeup(one: Waiting, words: Words) -> tuple[str, str]:
    return f"{one.who} {words('补签')} · {one.class_name}", f"{words(DIRECTIONS[one.detail])} {_span(one, words)}"


def _drop_out(one: Waiting, words: Words) -> tuple[str, str]:
    return f"{one.who} {words('退班')} · {one.class_name}", ""


def _export(one: Waiting, words: Words) -> tuple[str, str]:
    return f"{words('导出录像')} · {one.class_name}", _span(one, words)


def _rectification(one: Waiting, words: Words) -> tuple[str, str]:
    text = words("机构已答复,请审核") if one.detail == "answered" else words("请按要求整改并答复")
    return f"{words('整改')} · {one.class_name} · {_span(one, words)}", text


_TEXTS: dict[Kind, Callable[[Waiting, Words], tuple[str, str]]] = {
    Kind.LESSON: _lesson,
    Kind.OPENING: _opening,
    Kind.SIGNATURE: _signature,
    Kind.EXEMPTION: _exemption,
    Kind.CHANGE: _change,
    Kind.LEAVE: _leave,
    Kind.MAKEUP: _makeup,
    Kind.DROP_OUT: _drop_out,
    Kind.EXPORT: _export,
    Kind.RECTIFICATION: _rectification,
}
