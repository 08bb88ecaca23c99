"""The desk for requests of trainees about their own data: worked off by the handler, within the term."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.console.decide_words import term
from supervisor.console.forms import read_form
from supervisor.console.i18n import N_, Words
from supervisor.console.page_route import PageRoute, answered
from supervisor.console.rendering import page_words, render_register
from supervisor.console.views import Choice, Mark
from supervisor.paging import CursorText
from supervisor.privacy import desk
from supervisor.privacy.endpoints import KEEPERS
from supervisor.privacy.schemas import RightsAnswerIn, RightsKind, RightsOut

router = APIRouter(route_class=PageRoute, include_in_schema=False)

KINDS: dict[RightsKind, str] = {
    RightsKind.ACCESS: N_("查阅个人信息"),
    RightsKind.COPY: N_("复制个人信息"),
    RightsKind.CORRECT: N_("更正姓名"),
    RightsKind.DELETE: N_("删除个人信息"),
    RightsKind.EXPLAIN: N_("解释处理规则"),
}
HOWS = {"phone": N_("本人手机提出"), "desk": N_("柜台代为登记")}
SIZE = 50


@dataclass(frozen=True, slots=True)
class RightsLine:
    """`term`: how long there is still time; None: it is answered."""

    id: UUID
    kind: str
    trainee: str
    class_no: str
    how: str
    text: str
    asked_at: datetime
    due_at: datetime
    term: Mark | None
    result: Mark | None
    answer: str
    answered_at: datetime | None
    corrects: bool


@router.get("/rights")
def rights(
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*KEEPERS))],
    show: Annotated[str, Query(max_length=8)] = "open",
    cursor: CursorText = None,
    done: str = "",
) -> Response:
    words, now = page_words(request), centre.clock.now()
    open_only = show != "all"
    page = desk.requests(centre, caller, cursor, SIZE, open_only=open_only)
    return render_register(
        request,
        caller,
        "rights",
        choices=(Choice("open", words("待答复"), 0, open_only), Choice("all", words("全部"), 0, not open_only)),
        chosen="open" if open_only else "all",
        lines=[rights_line(one, now, words) for one in page.items],
        first=cursor is None,
        more=page.next,
        may_answer=caller.role is Role.HANDLER,
        done=bool(done),
    )


@router.post("/rights/{request_id}/answer")
def answer(
    request_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(Role.HANDLER))],
    result: Annotated[Literal["done", "refused"], Form()],
    text: Annotated[str, Form(max_length=500)],
    new_name: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    def act() -> str:
        said = {"result": result, "words": text, "new_name": new_name.strip()}
        wanted = read_form(RightsAnswerIn, said, lambda _: ("请写明答复的内容", "say what is answered"))
        desk.answer(centre, caller, request_id, wanted)
        return "/rights?done=1"

    return answered(request, act)


def rights_line(one: RightsOut, now: datetime, words: Words) -> RightsLine:
    result = None
    if one.answer is not None:
        result = Mark("ok", words("已办理")) if one.answer.result == "done" else Mark("bad", words("不予办理"))
    return RightsLine(
        id=one.id,
        kind=words(KINDS[one.kind]),
        trainee=one.trainee,
        class_no=one.class_no,
        how=words(HOWS.get(one.how, one.how)),
        text=one.words,
        asked_at=one.created_at,
        due_at=one.due_at,
        term=term(one.created_at, one.due_at, now, words) if one.answer is None else None,
        result=result,
        answer=one.answer.words if one.answer else "",
        answered_at=one.answer.at if one.answer else None,
        corrects=one.kind is RightsKind.CORRECT,
    )
