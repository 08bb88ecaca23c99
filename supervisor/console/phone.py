"""The trainee's check-in page: one small page that works without script, remembers the phone, and says what to do."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from config.errors import LessonProofError
from supervisor.attendance import service
from supervisor.attendance.device import DEVICE_COOKIE, Device, device_cookie, read_device
from supervisor.attendance.endpoints import set_device_cookie
from supervisor.attendance.schemas import CheckInPage, CheckInRequest, DoorOut
from supervisor.callers import CentreDep, client_ip
from supervisor.console.i18n import Words, short_time
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render
from supervisor.console.views import PhoneView
from supervisor.rules.checkin import CheckInResult, Direction

router = APIRouter(route_class=PageRoute, prefix="/c")
BY_CODE = {"x-roles": ["session code"]}


@router.get("/{code}", openapi_extra=BY_CODE)
def show(code: str, request: Request, centre: CentreDep) -> Response:
    page = service.open_session(centre, code, request.cookies.get(DEVICE_COOKIE))
    return render(request, "phone.html", view=present_phone(page, page_words(request)))


@router.post("/{code}", openapi_extra=BY_CODE)
def check_in(
    code: str,
    request: Request,
    centre: CentreDep,
    key: Annotated[str, Form(max_length=64)],
    direction: Annotated[str, Form(max_length=8)],
    name: Annotated[str | None, Form(max_length=64)] = None,
    last4: Annotated[str | None, Form(max_length=16)] = None,
) -> Response:
    """303 to the page with its tick; a refusal is the same page with the reason in words."""
    cookie = request.cookies.get(DEVICE_COOKIE)
    try:
        wanted = _wanted(key, direction, name, last4)
        reply = service.check_in(centre, code, wanted, cookie, client_ip(request))
    except LessonProofError as error:
        page = service.open_session(centre, code, cookie)
        view = present_phone(page, page_words(request), fault=sentence(request, error), typed_name=name or "")
        return render(request, "phone.html", status=error.status, view=view)
    answer = RedirectResponse(f"/c/{code}", status_code=303)
    set_device_cookie(answer, centre, reply.device_cookie)
    return answer


@router.post("/{code}/forget", openapi_extra=BY_CODE)
def forget(code: str, request: Request, centre: CentreDep) -> Response:
    """Somebody else uses this phone now: the person is forgotten, the phone is not (families share phones)."""
    device = read_device(centre.vault, request.cookies.get(DEVICE_COOKIE))
    service.open_session(centre, code, None)
    answer = RedirectResponse(f"/c/{code}", status_code=303)
    set_device_cookie(answer, centre, device_cookie(centre.vault, Device(device.number, None)))
    return answer


def _wanted(key: str, direction: str, name: str | None, last4: str | None) -> CheckInRequest:
    try:
        return CheckInRequest.model_validate(
            {"name": name, "id_last4": last4, "direction": direction, "idempotency_key": key}
        )
    except ValidationError:
        raise LessonProofError(
            "CHECKIN_INVALID",
            status=422,
            zh="请填写姓名和身份证号最后 4 位",
            en="fill in your name and the last 4 characters of your ID number",
        ) from None


def present_phone(page: CheckInPage, words: Words, *, fault: str | None = None, typed_name: str = "") -> PhoneView:
    counted = {one.direction: one.at for one in page.own if one.status is not CheckInResult.REJECTED}
    waiting = [one for one in page.own if one.status is CheckInResult.REVIEW]
    open_now = [door.direction for door in page.doors if door.open_now and door.direction not in counted]
    return PhoneView(
        code=page.code,
        class_name=page.class_name,
        room=f"{page.site} {page.room}",
        start=page.start,
        end=page.end,
        trainee=page.name,
        next=open_now[0].value if open_now and page.approved else None,
        done=tuple((direction.value, counted[direction]) for direction in Direction if direction in counted),
        waiting=words("已记录,等老师确认") if waiting else None,
        advice=_advice(page, set(counted), words) if not open_now or not page.approved else None,
        fault=fault,
        demo=page.demo,
        idempotency_key=secrets.token_urlsafe(18),
        typed_name=typed_name,
    )


def _advice(page: CheckInPage, done: set[Direction], words: Words) -> str:
    """Why there is no button now, and when there will be one."""
    if not page.approved:
        return words("这节课还没有获准开班,不能签到")
    ahead = [door for door in page.doors if door.direction not in done and page.now < door.opens]
    missed = [door for door in page.doors if door.direction not in done and page.now > door.closes]
    sentences = [_missed(door, words) for door in missed] + [_ahead(door, page.now, words) for door in ahead[:1]]
    return " ".join(sentences) if sentences else words("这节课的签到和签退都完成了")


def _missed(door: DoorOut, words: Words) -> str:
    closed = short_time(door.closes)
    if door.direction is Direction.IN:
        return words("签到 {time} 已结束,请找老师补签。", time=closed)
    return words("签退 {time} 已结束,请找老师。", time=closed)


def _ahead(door: DoorOut, now: datetime, words: Words) -> str:
    opens = (
        short_time(door.opens) if (door.opens - now).days < 1 else f"{words.day(door.opens)} {short_time(door.opens)}"
    )
    if door.direction is Direction.IN:
        return words("还没到签到时间,{time} 开始。", time=opens)
    return words("签退 {time} 开始。", time=opens)
