"""The pages of inspections: the list, one record and what is set right after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.console.forms import read_form
from supervisor.console.i18n import N_, Words
from supervisor.console.inspection_view import InspectionLine, present_inspection, present_line
from supervisor.console.page_route import PageRoute, answered
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.views import Choice
from supervisor.filed_papers import require_kind
from supervisor.gate import MAX_FORM_FILES
from supervisor.inspections import records, rectification, service
from supervisor.inspections.endpoints import CERTIFICATE_READERS
from supervisor.inspections.record_endpoints import READERS
from supervisor.inspections.record_repository import Turn
from supervisor.inspections.record_schemas import AnswerIn, InspectionOut, RulingIn
from supervisor.inspections.rectification import MOST_FILES
from supervisor.inspections.schemas import CertificateOut
from supervisor.paging import LARGEST, CursorText
from supervisor.patrol import service as patrols
from supervisor.patrol.endpoints import READERS as READERS_OF_PATROLS
from supervisor.patrol.schemas import PatrolOut
from supervisor.rules.inspection import Standing

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Caller, Depends(require(*READERS))]
Inspector = Annotated[Caller, Depends(require(Role.INSPECTOR))]
SPEAKERS = (Role.RESPONSIBLE, Role.TEACHER)
Speaker = Annotated[Caller, Depends(require(*SPEAKERS))]
Signer = Annotated[Caller, Depends(require(Role.INSPECTOR, *SPEAKERS))]
Files = Annotated[list[UploadFile], File()]
READS_FILES = (Role.INSPECTOR, Role.OVERSIGHT, *SPEAKERS)
"""As the interface of the files asks."""
TITLES: dict[str, str] = {
    "open": N_("待处理"),
    "overdue": N_("整改超期"),
    "all": N_("全部记录"),
    "on_site": N_("须到现场的班级"),
}
SIZE = 50
DONE = {
    "entered": N_("检查记录已提交"),
    "signed": N_("已签名"),
    "answered": N_("答复已提交"),
    "added": N_("文件已附上"),
    "ruled": N_("已审核"),
}


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[InspectionLine, ...]


@router.get("/inspections")
def inspections(
    request: Request,
    centre: CentreDep,
    caller: Reader,
    show: Annotated[str, Query(max_length=16)] = "open",
    class_id: UUID | None = None,
    cursor: CursorText = None,
) -> Response:
    words, now = page_words(request), centre.clock.now()
    counted = records.counts(centre, caller)
    certificates = service.on_site(centre, caller) if caller.role in CERTIFICATE_READERS else None
    chosen = (
        "all" if class_id else show if show in TITLES and (show != "on_site" or certificates is not None) else "open"
    )
    sections, more = _sections(centre, caller, chosen, class_id, cursor, now, words)
    return render(
        request,
        "inspections.html",
        viewer=viewer_of(caller),
        here="inspections",
        demo=False,
        choices=_choices(counted, certificates, chosen, words),
        chosen=chosen,
        sections=sections,
        certificates=certificates or (),
        of_class=sections[0].lines[0] if class_id and sections else None,
        class_id=class_id,
        more=more,
        first=cursor is None,
        may_enter=caller.role is Role.INSPECTOR,
    )


def _choices(
    counted: dict[str, int], certificates: Sequence[CertificateOut] | None, chosen: str, words: Words
) -> tuple[Choice, ...]:
    number = {
        "open": counted["institution"] + counted["inspector"],
        "overdue": counted["overdue"],
        "all": counted["all"],
        "on_site": len(certificates or ()),
    }
    return tuple(
        Choice(key, words(text), number[key], key == chosen)
        for key, text in TITLES.items()
        if key != "on_site" or certificates is not None
    )


def _sections(
    centre: Centre, caller: Caller, chosen: str, class_id: UUID | None, cursor: str | None, now: datetime, words: Words
) -> tuple[tuple[Section, ...], str | None]:
    """What is open: first what waits for the caller's own side."""
    if chosen == "on_site":
        return (), None
    if chosen == "open":
        turns: list[tuple[Turn, str]] = [("inspector", words("等督导审核")), ("institution", words("等机构整改"))]
        if caller.role in SPEAKERS:
            turns.reverse()
        parts = [(title, records.inspections(centre, caller, None, turn, None, LARGEST).items) for turn, title in turns]
        return tuple(_section(title, found, now, words) for title, found in parts if found), None
    if chosen == "overdue":
        page = records.overdue(centre, caller, cursor, SIZE)
    else:
        page = records.inspections(centre, caller, class_id, None, cursor, SIZE)
    return ((_section("", page.items, now, words),) if page.items else ()), page.next


def _section(title: str, found: Sequence[InspectionOut], now: datetime, words: Words) -> Section:
    return Section(title, tuple(present_line(one, now, words) for one in found))


@router.get("/inspections/{inspection_id}")
def inspection(inspection_id: UUID, request: Request, centre: CentreDep, caller: Reader, done: str = "") -> Response:
    words = page_words(request)
    found = records.show(centre, caller, inspection_id)
    signed = caller.account_id in {one.account_id for one in found.signatures}
    return render(
        request,
        "inspection.html",
        viewer=viewer_of(caller),
        here="inspections",
        demo=False,
        view=present_inspection(
            found,
            records.hours_of(centre, caller, found.lesson_hour_ids),
            _roll_calls(centre, caller, found),
            centre.clock.now(),
            words,
        ),
        may_sign=not signed and caller.role in (Role.INSPECTOR, *SPEAKERS),
        may_answer=found.standing is Standing.OPEN and caller.role in SPEAKERS,
        may_add=found.standing is Standing.ANSWERED and caller.role in SPEAKERS,
        may_rule=found.standing is Standing.ANSWERED and caller.role is Role.INSPECTOR,
        may_read_files=caller.role in READS_FILES,
        most_files=MOST_FILES,
        most_bytes=MAX_FORM_FILES,
        done=words(DONE[done]) if done in DONE else "",
    )


def _roll_calls(centre: Centre, caller: Caller, found: InspectionOut) -> list[PatrolOut]:
    """Patrols of the inspected lesson hours; none for who does not read patrols."""
    if caller.role not in READERS_OF_PATROLS:
        return []
    return [one for hour in found.lesson_hour_ids for one in patrols.of_lesson(centre, caller, found.class_id, hour)]


@router.post("/inspections/{inspection_id}/signature")
def sign(inspection_id: UUID, centre: CentreDep, caller: Signer) -> Response:
    records.sign(centre, caller, inspection_id)
    return RedirectResponse(f"/inspections/{inspection_id}?done=signed", status_code=303)


@router.post("/inspections/{inspection_id}/answers")
def answer(
    inspection_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Speaker,
    text: Annotated[str, Form(max_length=2000)],
    files: Files = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Files of a kind that is not taken are refused before the words are entered."""

    def act() -> str:
        given = _read(files)
        wanted = read_form(AnswerIn, {"words": text}, lambda _: ("请写明整改情况", "say what was set right"))
        answer = rectification.answer(centre, caller, inspection_id, wanted.words)
        seq = max(one.seq for one in answer.rounds if one.answered_at is not None)
        for body, kind in given:
            rectification.add_file(centre, caller, inspection_id, seq, body, kind)
        return f"/inspections/{inspection_id}?done=answered"

    return answered(request, act)


@router.post("/inspections/{inspection_id}/files")
def add_files(
    inspection_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Speaker,
    seq: Annotated[int, Form(ge=1, le=999_999_999)],
    files: Files,
) -> Response:
    def act() -> str:
        for body, kind in _read(files):
            rectification.add_file(centre, caller, inspection_id, seq, body, kind)
        return f"/inspections/{inspection_id}?done=added"

    return answered(request, act)


@router.post("/inspections/{inspection_id}/rulings")
def rule(
    inspection_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Inspector,
    seq: Annotated[int, Form(ge=1)],
    ruling: Annotated[Literal["accept", "return"], Form()],
    text: Annotated[str, Form(max_length=2000)] = "",
    working_days: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    def act() -> str:
        said = {"seq": seq, "accepted": ruling == "accept", "words": text}
        if ruling == "return":
            said["working_days"] = working_days
        wanted = read_form(RulingIn, said, lambda _: ("期限填工作日数", "the term is a number of working days"))
        rectification.rule(centre, caller, inspection_id, wanted)
        return f"/inspections/{inspection_id}?done=ruled"

    return answered(request, act)


def _read(files: Sequence[UploadFile]) -> list[tuple[bytes, str]]:
    """Bytes and media type of each that was chosen. Raises TOO_MANY_FILES (409), FILE_TYPE (415)."""
    given = [(one.file.read(), one.content_type or "") for one in files if one.filename]
    if len(given) > MOST_FILES:
        raise rectification.too_many_files()
    for body, kind in given:
        require_kind(body, kind)
    return given
