"""The trainee's own small pages: hours, leave, data and consents. The phone speaks for whom it checked in."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from config.errors import LessonProofError
from supervisor.attendance import service as attendance
from supervisor.attendance.device import DEVICE_COOKIE, read_device
from supervisor.attendance.standing import sessions_ahead, standing_of
from supervisor.callers import CentreDep
from supervisor.centre import Centre
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.phone_own_view import (
    RIGHTS,
    present_data,
    present_hours,
    present_leave,
)
from supervisor.console.phone_page import framed, phone_page, stranger_page
from supervisor.console.rendering import page_words
from supervisor.leave import service as leave
from supervisor.leave.schemas import OwnLeaveIn
from supervisor.privacy import consents, desk
from supervisor.privacy.schemas import ConsentIn, Purpose, RightsIn, RightsKind
from supervisor.rules.leave import LeaveKind

router = APIRouter(route_class=PageRoute, prefix="/c", include_in_schema=False)
BY_CODE = {"x-roles": ["session code", "trainee"]}
Words500 = Annotated[str, Form(min_length=1, max_length=500)]


@router.get("/{code}/hours", openapi_extra=BY_CODE)
def hours(code: str, request: Request, centre: CentreDep) -> Response:
    words = page_words(request)
    standing = standing_of(centre, code, request.cookies.get(DEVICE_COOKIE))
    if standing is None:
        return _stranger(request, centre, code, words("我的课时"), "/hours")
    view = present_hours(standing, words)
    return phone_page(request, "phone_hours.html", framed(request, code, words("我的课时"), "/hours"), view=view)


@router.get("/{code}/leave", openapi_extra=BY_CODE)
def leave_page(code: str, request: Request, centre: CentreDep) -> Response:
    return _leave(request, centre, code)


@router.post("/{code}/leave", openapi_extra=BY_CODE)
def ask_leave(
    code: str,
    request: Request,
    centre: CentreDep,
    kind: Annotated[LeaveKind, Form()],
    first: Annotated[UUID, Form()],
    last: Annotated[UUID, Form()],
    reason: Words500,
) -> Response:
    """From the start of the session `first` to the end of `last`."""
    ahead = {plan.id: plan for plan in sessions_ahead(centre, code)}
    try:
        if first not in ahead or last not in ahead:
            raise LessonProofError(
                "LEAVE_TIMES", status=422, zh="这节课已经开始,请直接找老师", en="it has begun: ask the teacher"
            )
        wanted = OwnLeaveIn(kind=kind, start=ahead[first].start, until=ahead[last].end, reason=_said(reason))
        leave.ask_own_leave(centre, code, wanted, request.cookies.get(DEVICE_COOKIE))
    except LessonProofError as error:
        return _leave(request, centre, code, fault=error, reason=reason)
    return RedirectResponse(f"/c/{code}/leave", status_code=303)


@router.get("/{code}/data", openapi_extra=BY_CODE)
def data_page(code: str, request: Request, centre: CentreDep) -> Response:
    return _data(request, centre, code)


@router.post("/{code}/consents", openapi_extra=BY_CODE)
def say(
    code: str,
    request: Request,
    centre: CentreDep,
    purpose: Annotated[Purpose, Form()],
    given: Annotated[Literal["yes", "no"], Form()],
    text: Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")],
) -> Response:
    wanted = ConsentIn(purpose=purpose, given=given == "yes", text_version=text)
    try:
        consents.say_by_phone(centre, code, _trainee(request, centre), wanted)
    except LessonProofError as error:
        return _data(request, centre, code, fault=error)
    return RedirectResponse(f"/c/{code}/data#consents", status_code=303)


@router.post("/{code}/rights", openapi_extra=BY_CODE)
def ask_right(
    code: str, request: Request, centre: CentreDep, kind: Annotated[RightsKind, Form()], said: Words500
) -> Response:
    try:
        desk.ask_by_phone(centre, code, _trainee(request, centre), RightsIn(kind=kind, words=_said(said)))
    except LessonProofError as error:
        return _data(request, centre, code, fault=error)
    return RedirectResponse(f"/c/{code}/data#rights", status_code=303)


def _said(text: str) -> str:
    if not text.strip():
        raise LessonProofError("WORDS_MISSING", status=422, zh="请写一句原因", en="say in a sentence why")
    return text


def _leave(
    request: Request, centre: Centre, code: str, *, fault: LessonProofError | None = None, reason: str = ""
) -> Response:
    words = page_words(request)
    title = words("请假")
    try:
        asked = leave.own_leaves(centre, code, request.cookies.get(DEVICE_COOKIE))
    except LessonProofError as error:
        return _unknown(request, centre, code, error, title, "/leave")
    view = present_leave(asked, sessions_ahead(centre, code), words)
    return phone_page(
        request,
        "phone_leave.html",
        framed(request, code, title, "/leave"),
        status=fault.status if fault else 200,
        view=view,
        fault=sentence(request, fault) if fault else None,
        typed=reason,
    )


def _data(request: Request, centre: Centre, code: str, *, fault: LessonProofError | None = None) -> Response:
    words = page_words(request)
    title = words("我的信息和同意")
    try:
        mine = desk.my_data(centre, code, _trainee(request, centre))
    except LessonProofError as error:
        return _unknown(request, centre, code, error, title, "/data")
    return phone_page(
        request,
        "phone_data.html",
        framed(request, code, title, "/data"),
        status=fault.status if fault else 200,
        view=present_data(mine, consents.notice_of_session(centre, code), words),
        kinds=[(kind.value, words(text)) for kind, text in RIGHTS.items()],
        fault=sentence(request, fault) if fault else None,
    )


def _unknown(request: Request, centre: Centre, code: str, error: LessonProofError, title: str, under: str) -> Response:
    if error.code != "PHONE_UNKNOWN":
        raise error
    return _stranger(request, centre, code, title, under)


def _stranger(request: Request, centre: Centre, code: str, title: str, under: str) -> Response:
    """The phone knows nobody of this class yet: check in first."""
    attendance.open_session(centre, code, None)
    return stranger_page(request, code, title, under)


def _trainee(request: Request, centre: Centre) -> UUID | None:
    return read_device(centre.vault, request.cookies.get(DEVICE_COOKIE)).trainee_id
