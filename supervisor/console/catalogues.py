"""The pages of the county's catalogues: their versions, the lines of one, and a new one from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.console.blank_sheets import blank_catalogue
from supervisor.console.class_export import MEDIA
from supervisor.console.form_values import Typed, modelled
from supervisor.console.i18n import N_, Words
from supervisor.console.institution_view import level_of, term_of
from supervisor.console.institutions import Untaken
from supervisor.console.navigation import registers_of
from supervisor.console.opening_page import Trouble
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.sheet_faults import Sheet, file_fault
from supervisor.console.views import Mark
from supervisor.openings import catalogue_sheet, catalogues, withdrawals
from supervisor.openings.catalogue_sheet import MAX_ROWS
from supervisor.openings.catalogues import READERS
from supervisor.openings.schemas import (
    CatalogueHead,
    CatalogueIn,
    CatalogueOut,
    CatalogueWithdrawalIn,
    Kind,
    WithdrawalOut,
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Caller, Depends(require(*READERS))]
Handler = Annotated[Caller, Depends(require(Role.HANDLER))]
KINDS: dict[Kind, str] = {"occupation": N_("职业(工种)目录"), "evaluation_body": N_("评价机构目录")}
FIELDS = {
    "kind": N_("目录"),
    "version": N_("版本"),
    "valid_from": N_("起始日"),
    "valid_to": N_("截止日"),
    "reason": N_("撤回原因"),
}


DONE = {"published": N_("目录已公布"), "withdrawn": N_("目录版本已撤回")}
"""A form of the page → what is said when it was taken."""


@dataclass(frozen=True, slots=True)
class VersionLine:
    """`ahead`: it has not begun, and may be withdrawn."""

    kind: Kind
    version: str
    link: str
    term: str
    state: Mark
    lines: int
    entered_at: datetime
    withdrawn: WithdrawalOut | None
    ahead: bool


@router.get("/catalogues")
def page(request: Request, centre: CentreDep, caller: Reader, done: str = "") -> Response:
    return _page(request, centre, caller, done=done)


@router.get("/catalogues/blank.xlsx")
def blank(request: Request, caller: Handler) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="catalogue.xlsx"'}
    return Response(blank_catalogue(page_words(request)), media_type=MEDIA, headers=headers)


@router.get("/catalogues/lines")
def lines(
    request: Request,
    centre: CentreDep,
    caller: Reader,
    kind: Kind,
    version: Annotated[str, Query(min_length=1, max_length=32)],
    text: Annotated[str, Query(max_length=64)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    words = page_words(request)
    found = catalogues.lines(centre, kind, version, text.strip(), page)

    def link(number: int) -> str:
        return _link(kind, version, text=text.strip(), page=str(number))

    return render(
        request,
        "catalogue.html",
        viewer=viewer_of(caller),
        here="registers",
        demo=False,
        title=words(KINDS[kind]),
        kind=kind,
        version=version,
        text=text.strip(),
        lines=[{"code": one.code, "name": one.name, "level": level_of(one.level, words)} for one in found.items],
        total=found.total,
        before=link(page - 1) if page > 1 else "",
        after=link(page + 1) if page * catalogues.SIZE < found.total else "",
    )


@router.post("/catalogues")
def publish(
    request: Request, centre: CentreDep, caller: Handler, typed: Typed, file: Annotated[UploadFile, File()]
) -> Response:
    data = file.file.read()
    try:
        head = modelled(CatalogueHead, typed, FIELDS)
    except LessonProofError as error:
        trouble = Trouble("publish", error.code, sentence(request, error))
        return _page(request, centre, caller, typed=typed, trouble=trouble, status=error.status)
    try:
        told = catalogue_sheet.read_lines(head.kind, data)
        catalogues.add(centre, caller, CatalogueIn(**head.model_dump(), lines=told))
    except LessonProofError as error:
        sheet = Sheet(catalogue_sheet.headings(head.kind), catalogue_sheet.necessary(head.kind), MAX_ROWS, ())
        fault = file_fault(error, data, sheet, page_words(request))
        trouble = Trouble("publish", error.code, sentence(request, error), fault)
        return _page(request, centre, caller, typed=typed, trouble=trouble, status=error.status)
    return RedirectResponse("/catalogues?done=published", status_code=303)


@router.post("/catalogues/withdraw")
def withdraw(request: Request, centre: CentreDep, caller: Handler, typed: Typed) -> Response:
    told = {name: typed.get(name) for name in ("kind", "version", "reason")}
    try:
        wanted = modelled(CatalogueWithdrawalIn, told, FIELDS)
        if typed.get("sure") != "yes":
            raise LessonProofError(
                "FORM_INVALID",
                status=422,
                where="/sure",
                zh="请确认:撤回后不能恢复",
                en="confirm it: what is withdrawn cannot come back",
            )
        withdrawals.withdraw_catalogue(centre, caller, wanted)
    except LessonProofError as error:
        if error.status == 404:
            raise
        untaken = Untaken(f"{told['kind']}:{told['version']}", typed, error)
        return _page(request, centre, caller, untaken=untaken, status=error.status)
    return RedirectResponse("/catalogues?done=withdrawn", status_code=303)


def _page(
    request: Request,
    centre: Centre,
    caller: Caller,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    trouble: Trouble | None = None,
    untaken: Untaken | None = None,
    status: int = 200,
) -> Response:
    words, found = page_words(request), catalogues.versions(centre)
    today = centre.clock.now().astimezone(CHINA).date()
    names = [(kind, words(text)) for kind, text in KINDS.items()]
    return render(
        request,
        "catalogues.html",
        status=status,
        back="/catalogues",
        viewer=viewer_of(caller),
        here="registers",
        demo=False,
        registers=registers_of(caller.role),
        register="catalogues",
        kinds=[
            (title, [version_line(one, one.valid_from > today, words) for one in found if one.kind == kind])
            for kind, title in names
        ],
        names=names,
        may_enter=caller.role is Role.HANDLER,
        most=MAX_ROWS,
        typed=typed or {},
        trouble=trouble,
        untaken=untaken.form if untaken else "",
        reason=untaken.typed.get("reason", "") if untaken else "",
        fault=sentence(request, untaken.fault) if untaken else "",
        answer=None,
        done=words(DONE[done]) if done in DONE else "",
    )


def version_line(one: CatalogueOut, ahead: bool, words: Words) -> VersionLine:
    """`ahead`: it has not begun."""
    replaced = one.last_day is not None and (one.valid_to is None or one.last_day < one.valid_to)
    if one.withdrawn:
        state = Mark("none", words("已撤回"))
    elif one.last_day is not None and one.last_day < one.valid_from:
        state = Mark("none", words("被同日起始的版本代替"))
    elif ahead:
        state = Mark("wait", words("还没有开始"))
    elif one.in_force:
        state = Mark("ok", words("在用,到 {day} 由新版本代替", day=one.last_day) if replaced else words("在用"))
    else:
        text = words("到 {day} 为止,由新版本代替", day=one.last_day) if replaced else words("已到期")
        state = Mark("none", text)
    return VersionLine(
        kind=one.kind,
        version=one.version,
        link=_link(one.kind, one.version),
        term=term_of(one.valid_from, one.valid_to, words),
        state=state,
        lines=one.lines,
        entered_at=one.entered_at,
        withdrawn=one.withdrawn,
        ahead=ahead and one.withdrawn is None,
    )


def _link(kind: Kind, version: str, **more: str) -> str:
    return f"/catalogues/lines?{urlencode({'kind': kind, 'version': version} | more)}"
