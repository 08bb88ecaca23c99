"""The roster of a class and its comparison: what each check found, made again; a block lifted; a late joiner."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Path, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, client_ip
from supervisor.centre import Centre
from supervisor.classes import files
from supervisor.classes import service as classes
from supervisor.classes.endpoints import FileReader
from supervisor.classes.schemas import RosterRow
from supervisor.console.decide_words import CLASS_STATES, state_mark
from supervisor.console.form_values import Typed, modelled
from supervisor.console.i18n import N_
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.roster_view import RosterView, present_roster
from supervisor.filed_papers import file_headers
from supervisor.leave import roster as joining
from supervisor.leave.decisions import UNDER_WAY
from supervisor.leave.endpoints import RosterKeeper
from supervisor.lessons.schemas import ViewReason
from supervisor.openings.service import APPLICANTS
from supervisor.rosters import service
from supervisor.rosters.endpoints import COMPARERS, LIFTERS, Comparer, Lifter, Reader
from supervisor.rosters.schemas import LiftIn
from supervisor.sheets import register

router = APIRouter(route_class=PageRoute, include_in_schema=False)

FIELDS = {
    "reason": N_("理由"),
    "name": N_("姓名"),
    "id_number": N_("身份证号"),
}
DONE = {
    "compared": N_("已重新比对"),
    "lifted": N_("已解除,记录留在这一项下面"),
    "joined": N_("已加入花名册,并重新比对"),
}


@router.get("/classes/{class_id}/roster")
def show(
    class_id: UUID, request: Request, centre: CentreDep, caller: Reader, only: str = "", done: str = ""
) -> Response:
    return _page(request, centre, caller, class_id, only=only == "block", done=done.split("-")[0])


@router.post("/classes/{class_id}/roster/checks")
def compare(class_id: UUID, request: Request, centre: CentreDep, caller: Comparer) -> Response:
    def do() -> tuple[str, str]:
        service.compare(centre, caller, class_id)
        return "compared", "checks"

    return _done(request, centre, caller, class_id, "compare", {}, do)


@router.post("/classes/{class_id}/roster/checks/{check_id}/lift")
def lift(
    class_id: UUID,
    check_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Lifter,
    typed: Typed,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """The words first: a file is stored only where they will do."""
    body = file.file.read() if file is not None else b""

    def do() -> tuple[str, str]:
        told = {"reason": typed.get("reason", ""), "attachment_sha256": "0" * 64}
        wanted = modelled(LiftIn, told, FIELDS)
        kept = files.add(centre, caller, class_id, body)
        lifted = service.lift(
            centre, caller, class_id, check_id, wanted.model_copy(update={"attachment_sha256": kept.sha256})
        )
        entry = next((one.entry_id for one in lifted.checks if one.id == check_id), None)
        return "lifted", f"row-{entry}" if entry else "whole"

    return _done(request, centre, caller, class_id, str(check_id), typed, do)


@router.post("/classes/{class_id}/roster/trainees")
def join(class_id: UUID, request: Request, centre: CentreDep, caller: RosterKeeper, typed: Typed) -> Response:
    def do() -> tuple[str, str]:
        told = {name: typed.get(name, "") for name in ("name", "id_number")}
        made = joining.join(centre, caller, class_id, modelled(RosterRow, told, FIELDS))
        return "joined", f"row-{made.roster_entry_id}"

    return _done(request, centre, caller, class_id, "join", typed, do)


@router.get("/classes/{class_id}/files/{sha256}")
def file(
    class_id: UUID,
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    request: Request,
    centre: CentreDep,
    caller: FileReader,
) -> Response:
    """A file that goes with a lifted block or a request; entered in the register of the class first."""
    media, size, pieces = files.read(centre, caller, class_id, sha256, ViewReason.ROUTINE, client_ip(request))
    return StreamingResponse(pieces, media_type=media, headers=file_headers(sha256, media, size))


def _done(
    request: Request,
    centre: Centre,
    caller: Caller,
    class_id: UUID,
    form: str,
    typed: Mapping[str, str],
    do: Callable[[], tuple[str, str]],
) -> Response:
    """`do`, which says what was done and where on the page; or why not, beside the form with what was typed."""
    try:
        done, where = do()
    except LessonProofError as error:
        if error.code == "CLASS_NOT_FOUND":
            raise
        if "hx-request" in request.headers:
            return HTMLResponse(escape(sentence(request, error)))
        return _page(request, centre, caller, class_id, form=form, typed=typed, error=error)
    onward = f"/classes/{class_id}/roster?done={done}-{secrets.token_hex(3)}#{where}"
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": onward})
    return RedirectResponse(onward, status_code=303)


def _page(
    request: Request,
    centre: Centre,
    caller: Caller,
    class_id: UUID,
    *,
    only: bool = False,
    done: str = "",
    form: str = "",
    typed: Mapping[str, str] | None = None,
    error: LessonProofError | None = None,
) -> Response:
    """`form`: the one that was sent and not taken; it may be there no more."""
    words = page_words(request)
    register.enter(centre, caller, class_id, "sheet", ViewReason.ROUTINE, client_ip(request))
    training = classes.show_class(centre, caller, class_id)
    view = present_roster(training, service.show_checks(centre, caller, class_id), words)
    keeper = caller.role in LIFTERS
    forms = {"join", *(str(one.id) for one in view.checks if one.open)}
    return render(
        request, "roster.html", status=error.status if error else 200, back=f"/classes/{class_id}/roster",
        viewer=viewer_of(caller), here="classes", demo=training.demo, training=training,
        state=state_mark(CLASS_STATES, training.status, words), view=view,
        shown=_blocking(view) if only else view, only=only,
        done=words(DONE[done]) if done in DONE else "", form=form, values=defaultdict(str, typed or {}),
        fault=sentence(request, error) if error else "", loose=form not in forms,
        may_compare=caller.role in COMPARERS, may_lift=keeper,
        may_join=keeper and training.status in UNDER_WAY,
        applicant=caller.role in APPLICANTS,
    )  # fmt: skip


def _blocking(view: RosterView) -> RosterView:
    return replace(
        view,
        whole=tuple(one for one in view.whole if one.open),
        people=tuple(one for one in view.people if one.blocked),
    )
