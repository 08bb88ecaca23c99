"""The page of an opening: shown whole, or come back to after one of its forms was taken or not."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from config.errors import LessonProofError
from supervisor.callers import Caller, Role, client_ip, require
from supervisor.centre import Centre
from supervisor.classes import service as classes
from supervisor.console.opening_view import present_opening
from supervisor.console.opening_words import SECTIONS
from supervisor.console.page_route import sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.sheet_faults import FileFault
from supervisor.lessons.schemas import ViewReason
from supervisor.openings import preparation, service
from supervisor.openings.service import APPLICANTS
from supervisor.rosters import service as rosters
from supervisor.rosters.schemas import PreviewRow
from supervisor.sheets import register

SEES = (*APPLICANTS, Role.APPROVER, Role.HANDLER)
EDITABLE = ("draft", "returned")
Preparing = Annotated[Caller, Depends(require(*APPLICANTS))]
Responsible = Annotated[Caller, Depends(require(Role.RESPONSIBLE))]
Reader = Annotated[Caller, Depends(require(*SEES))]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was not taken: in which section, its sentence and code; of a file, its cells."""

    section: str
    code: str
    text: str
    file: FileFault | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A file that was only looked at: what it would bring. `ignored`: headings that are not read."""

    text: str
    rows: Sequence[PreviewRow]
    ignored: str


def opening_page(
    request: Request,
    centre: Centre,
    caller: Caller,
    class_id: UUID,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    trouble: Trouble | None = None,
    answer: tuple[str, Answer] | None = None,
    status: int = 200,
) -> Response:
    """`done`: the section that was just saved. `trouble`: what was not, with what was `typed`. `answer`: what there is
    to say of a file that was only looked at, and in which section."""
    words = page_words(request)
    register.enter(centre, caller, class_id, "sheet", ViewReason.ROUTINE, client_ip(request))
    training = classes.show_class(centre, caller, class_id)
    view = present_opening(
        training,
        service.show(centre, caller, class_id),
        preparation.prepared(centre, caller, class_id),
        rosters.show_checks(centre, caller, class_id),
        typed or {},
        words,
    )
    return render(
        request, "opening.html", status=status, back=f"/classes/{class_id}/opening", viewer=viewer_of(caller),
        here="classes", demo=training.demo, view=view,
        done=done if done in (*SECTIONS, "submit") else "", trouble=trouble,
        answer=answer,
        may_edit=caller.role in APPLICANTS and training.status in EDITABLE,
        may_commit=caller.role in APPLICANTS and training.status in (*EDITABLE, "submitted"),
        may_sign=caller.role is Role.RESPONSIBLE, applicant=caller.role in APPLICANTS,
    )  # fmt: skip


def onward(class_id: UUID, section: str) -> str:
    """Back to the section. A new address each time, or a browser that is there already would not load it again."""
    return f"/classes/{class_id}/opening?done={section}-{secrets.token_hex(3)}#{section}"


def saved(
    request: Request,
    centre: Centre,
    caller: Caller,
    class_id: UUID,
    section: str,
    typed: Mapping[str, str],
    do: Callable[[], object],
) -> Response:
    """`do`, and back to the section; or the page with what was typed and why it was not taken."""
    try:
        do()
    except LessonProofError as error:
        if error.code in ("CLASS_NOT_FOUND", "ROLE_NOT_ALLOWED"):
            raise
        said = Trouble(section, error.code, sentence(request, error))
        if "hx-request" in request.headers:
            return render(request, "opening_answer.html", trouble=said, answer=None)
        return opening_page(request, centre, caller, class_id, typed=typed, trouble=said, status=error.status)
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": onward(class_id, section)})
    return RedirectResponse(onward(class_id, section), status_code=303)


def compared_again(centre: Centre, caller: Caller, class_id: UUID) -> None:
    """The roster, once plan or statements are others than when it was compared."""
    if classes.show_class(centre, caller, class_id).roster:
        rosters.compare(centre, caller, class_id)
