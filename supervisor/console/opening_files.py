"""Roster and timetable on the page of an opening: files that are checked, taken or refused cell by cell; and empty
ones to fill in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep
from supervisor.centre import Centre
from supervisor.console.blank_sheets import blank_roster, blank_timetable
from supervisor.console.class_export import MEDIA
from supervisor.console.i18n import Words
from supervisor.console.opening_page import Answer, Preparing, Trouble, compared_again, onward, opening_page
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render
from supervisor.console.sheet_faults import Sheet, file_fault
from supervisor.openings import preparation, timetable
from supervisor.rosters import people
from supervisor.rosters import service as rosters

router = APIRouter(route_class=PageRoute, include_in_schema=False)

ROSTER = Sheet(people.HEADINGS, people.NECESSARY, rosters.MAX_ROWS, ("name", "id_number", *people.PERSONAL))
TIMETABLE = Sheet(timetable.HEADINGS, timetable.NECESSARY, timetable.MAX_ROWS, ("id_number",))


@router.post("/classes/{class_id}/opening/roster")
def roster(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Preparing,
    file: Annotated[UploadFile, File()],
    look: Annotated[str, Form()] = "",
) -> Response:
    """`look`: only checked."""
    data = file.file.read()

    def read(words: Words) -> Answer:
        told = rosters.import_roster(centre, caller, class_id, data, dry_run=bool(look))
        text = words("文件没有错误:{n} 人。还没有导入,点「导入」才生效。", n=len(told.rows))
        return Answer(text, told.rows, "、".join(told.ignored))

    return _taken(request, centre, caller, class_id, "roster", ROSTER, data, bool(look), read)


@router.post("/classes/{class_id}/opening/plan")
def plan(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Preparing,
    file: Annotated[UploadFile, File()],
    look: Annotated[str, Form()] = "",
    basic: Annotated[str, Form()] = "",
) -> Response:
    """`basic`: the basic course is where the contents name it."""
    data = file.file.read()

    def read(words: Words) -> Answer:
        told = timetable.import_plan(centre, caller, class_id, data, dry_run=bool(look), basic_by_content=bool(basic))
        if told.stored:
            compared_again(centre, caller, class_id)
        n, hours = told.rows, told.lesson_hours
        return Answer(words("文件没有错误:{n} 次课,共 {h} 学时。还没有导入,点「导入」才生效。", n=n, h=hours), (), "")

    return _taken(request, centre, caller, class_id, "plan", TIMETABLE, data, bool(look), read)


def _taken(
    request: Request,
    centre: Centre,
    caller: Caller,
    class_id: UUID,
    section: str,
    sheet: Sheet,
    data: bytes,
    look: bool,
    read: Callable[[Words], Answer],
) -> Response:
    """The file was read: back to the section. Only looked at, or refused: what there is to say of it."""
    words, answer, trouble, status = page_words(request), None, None, 200
    try:
        answer = read(words)
    except LessonProofError as error:
        if error.code == "CLASS_NOT_FOUND":
            raise
        told = file_fault(error, data, sheet, words)
        trouble, status = Trouble(section, error.code, sentence(request, error), told), error.status
    in_place = "hx-request" in request.headers
    if trouble is None and not look:
        to = onward(class_id, section)
        return Response(headers={"HX-Redirect": to}) if in_place else RedirectResponse(to, status_code=303)
    if in_place:
        return render(request, "opening_answer.html", trouble=trouble, answer=answer)
    return opening_page(
        request, centre, caller, class_id, trouble=trouble, answer=(section, answer) if answer else None, status=status
    )


@router.get("/classes/{class_id}/opening/roster.xlsx")
def roster_form(class_id: UUID, request: Request, centre: CentreDep, caller: Preparing) -> Response:
    """The headings, and a sheet that says how to fill them in."""
    preparation.prepared(centre, caller, class_id)
    return _file(blank_roster(page_words(request)), "roster.xlsx")


@router.get("/classes/{class_id}/opening/timetable.xlsx")
def timetable_form(class_id: UUID, request: Request, centre: CentreDep, caller: Preparing) -> Response:
    """The schools' own headings (HRSS); the second sheet has the institution's rooms."""
    rooms = preparation.prepared(centre, caller, class_id).room_names
    return _file(blank_timetable(rooms, page_words(request)), "timetable.xlsx")


def _file(body: bytes, name: str) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=MEDIA, headers=headers)
