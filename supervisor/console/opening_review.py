"""Reviewing an opening on the class page: each element's truth, back to the institution, or approved."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.classes import files
from supervisor.classes.schemas import Approval
from supervisor.console.page_route import PageRoute, sentence
from supervisor.filed_papers import require_scan
from supervisor.openings import approval
from supervisor.openings.schemas import MOST_PHOTOS, ReturnIn, ReviewIn

router = APIRouter(route_class=PageRoute, include_in_schema=False)

REVIEWERS = (Role.APPROVER, Role.HANDLER)
Answer = Literal["true", "false", "not_checked", "return", "approve"]


@router.post("/classes/{class_id}/opening")
def answer(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*REVIEWERS))],
    answer: Annotated[Answer, Form()],
    element: Annotated[str, Form(min_length=1, max_length=64)] = "-",
    reason: Annotated[str, Form(max_length=500)] = "",
    photos: Annotated[list[UploadFile], File()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """`element`: of which the answer is; an approval is of the whole. `photos`: with what is said of its truth."""
    pictured = [one.file.read() for one in photos if one.filename]
    try:
        _answer(centre, caller, class_id, answer, element, reason.strip(), pictured)
    except LessonProofError as error:
        if "hx-request" in request.headers:
            return HTMLResponse(sentence(request, error))
        raise
    onward = "/todo?done=1" if answer in ("return", "approve") else f"/classes/{class_id}?reviewed={element}#opening"
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": onward})
    return RedirectResponse(onward, status_code=303)


def _answer(
    centre: Centre, caller: Caller, class_id: UUID, answer: Answer, element: str, reason: str, pictured: list[bytes]
) -> None:
    """The words first: photos are stored only where they will do."""
    if pictured and answer in ("approve", "return"):
        raise LessonProofError(
            "REVIEW_PHOTOS",
            status=422,
            zh="照片随“属实”或“不属实”登记,批准和退回不带照片",
            en="photos go with what is found true or false, not with an approval or a return",
        )
    if answer == "approve":
        if caller.role is not Role.APPROVER:
            raise LessonProofError(
                "ROLE_NOT_ALLOWED", status=403, zh="您的角色不能进行此操作", en="your role may not do this"
            )
        approval.approve(centre, caller, class_id, Approval())
    elif answer == "return":
        if not reason:
            raise LessonProofError("REVIEW_NO_REASON", status=422, zh="请说明理由", en="give a reason")
        approval.give_back(centre, caller, class_id, ReturnIn(reasons={element: reason}))
    else:
        wanted = ReviewIn(element=element, result=answer, reason=reason)
        approval.require_review(centre, caller, class_id, wanted)
        if len(pictured) > MOST_PHOTOS:
            raise LessonProofError(
                "TOO_MANY_FILES",
                status=422,
                zh=f"一次最多 {MOST_PHOTOS} 张照片",
                en=f"at most {MOST_PHOTOS} photos at once",
            )
        for body in pictured:  # all looked at before the first is stored
            require_scan(body)
        kept = [files.add(centre, caller, class_id, body).sha256 for body in pictured]
        approval.review(centre, caller, class_id, wanted.model_copy(update={"photos": kept}))
