"""The page of comparison lists: which stand, of whom, until when, how many; one is imported or withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.console.forms import ends_on, read_form
from supervisor.console.i18n import N_, Words
from supervisor.console.page_route import PageRoute, answered, sentence
from supervisor.console.rendering import page_words, render_register
from supervisor.console.views import Mark
from supervisor.paging import CursorText
from supervisor.rosters import lists
from supervisor.rosters.endpoints import LIST_READERS
from supervisor.rosters.lists import LONGEST
from supervisor.rosters.schemas import ListAbout, ListOut
from supervisor.rules.roster_facts import ListKind

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Caller, Depends(require(*LIST_READERS))]
Handler = Annotated[Caller, Depends(require(Role.HANDLER))]
Line = Annotated[str, Form(max_length=128)]
KINDS: dict[ListKind, tuple[str, str]] = {
    ListKind.DECEASED: (N_("死亡人员"), "RC04"),
    ListKind.CUSTODY: (N_("在押人员"), "RC04"),
    ListKind.PENSION: (N_("领取养老金人员"), "RC05"),
    ListKind.PUBLIC_PAYROLL: (N_("财政供养人员"), "RC06"),
    ListKind.INSURED: (N_("企业参保人员"), "RC07"),
    ListKind.CATEGORY: (N_("某类人员"), "RC08"),
    ListKind.SUBSIDISED: (N_("已享受补贴人员"), "RC09"),
    ListKind.STUDENTS: (N_("全日制在校学生"), "RC10"),
    ListKind.EXIT: (N_("住院、出境人员"), "RC12"),
    ListKind.STAFF: (N_("机构教师和工作人员"), "RC14"),
}
"""What a list is of → its name, and the check that reads it (docs/roster.md)."""
SIZE = 50


@dataclass(frozen=True, slots=True)
class ListLine:
    """`until`: the last day it is compared with."""

    id: UUID
    kind: str
    rule: str
    source: str
    purpose: str
    as_of: date
    until: str
    rows: int
    imported_at: datetime
    state: Mark
    withdrawable: bool


@router.get("/comparison-lists")
def page(request: Request, centre: CentreDep, caller: Reader, cursor: CursorText = None, done: str = "") -> Response:
    return _page(request, centre, caller, cursor=cursor, done=done)


@router.post("/comparison-lists")
def import_list(
    request: Request,
    centre: CentreDep,
    caller: Handler,
    file: Annotated[UploadFile, File()],
    kind: Line,
    source: Line,
    as_of: Line,
    purpose: Line,
    expires_on: Line,
    category: Line = "",
) -> Response:
    given = {
        "kind": kind, "source": source, "as_of": as_of, "purpose": purpose, "expires_on": expires_on,
        "category": category,
    }  # fmt: skip
    try:
        lists.import_list(centre, caller, read_form(ListAbout, given, _told), file.file.read())
    except LessonProofError as error:
        return _page(request, centre, caller, given=given, fault=error)
    return RedirectResponse("/comparison-lists?done=imported", status_code=303)


@router.post("/comparison-lists/{list_id}/withdraw")
def withdraw(list_id: UUID, request: Request, centre: CentreDep, caller: Handler) -> Response:
    def act() -> str:
        lists.withdraw(centre, caller, list_id)
        return "/comparison-lists?done=withdrawn"

    return answered(request, act)


def _told(field: str) -> tuple[str, str]:
    known = {
        "kind": ("请选择名单种类", "choose what the list is of"),
        "as_of": ("请填写数据日期", "say of which day the list is"),
        "expires_on": ("请填写用到哪一天", "say until which day it may be used"),
        "source": ("请写明来源单位", "say whose list it is"),
        "purpose": ("请写明用途", "say what it is for"),
    }
    return known.get(field, ("填写的内容不正确,请检查", "something was filled in wrongly"))


def _page(
    request: Request,
    centre: Centre,
    caller: Caller,
    *,
    cursor: str | None = None,
    done: str = "",
    given: Mapping[str, str] | None = None,
    fault: LessonProofError | None = None,
) -> Response:
    words, now = page_words(request), centre.clock.now()
    found = lists.lists(centre, cursor, SIZE)
    may_import = caller.role is Role.HANDLER
    english = words.language == "en"
    return render_register(
        request,
        caller,
        "comparison_lists",
        status=fault.status if fault else 200,
        lines=[list_line(one, words, may_withdraw=may_import) for one in found.items],
        first=cursor is None,
        more=found.next,
        may_import=may_import,
        kinds=[(kind.value, words(text), rule) for kind, (text, rule) in KINDS.items()],
        today=now.astimezone(CHINA).date().isoformat(),
        latest=(now.astimezone(CHINA).date() + LONGEST).isoformat(),
        given=given or {},
        done={"imported": words("名单已导入"), "withdrawn": words("名单已撤回,号码摘要已删除")}.get(done, ""),
        fault=sentence(request, fault) if fault else None,
        cells=[one["en" if english else "zh"] for one in fault.faults] if fault else [],
    )


def list_line(one: ListOut, words: Words, *, may_withdraw: bool) -> ListLine:
    text, rule = KINDS[one.kind]
    state = Mark("ok", words("在用"))
    if one.withdrawn_at is not None:
        state = Mark("none", words("已撤回"))
    elif not one.in_force:
        state = Mark("none", words("已到期"))
    return ListLine(
        id=one.id,
        kind=f"{words(text)} · {one.category}" if one.category else words(text),
        rule=rule,
        source=one.source,
        purpose=one.purpose,
        as_of=one.as_of,
        until=ends_on(one.expires_at),
        rows=one.rows,
        imported_at=one.created_at,
        state=state,
        withdrawable=may_withdraw and one.in_force,
    )
