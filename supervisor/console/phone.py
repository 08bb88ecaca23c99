"""The trainee's check-in page: one small page that works without script, remembers the phone, and says what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from config.errors import LessonProofError
from supervisor.attendance import codes, service
from supervisor.attendance.device import DEVICE_COOKIE, Device, device_cookie, person_mark, read_device
from supervisor.attendance.endpoints import set_device_cookie
from supervisor.attendance.schemas import CheckInRequest, TicketOut, TicketRequest
from supervisor.attendance.standing import standing_of
from supervisor.callers import CentreDep, client_ip
from supervisor.centre import Centre
from supervisor.console import phone_own, phone_selfie
from supervisor.console.page_route import PageRoute, error_page, own_path, sentence
from supervisor.console.phone_page import KEY_HEADER, LARGE, SIZE_COOKIE, SIZE_FOR_S, framed, phone_page
from supervisor.console.phone_view import Held, opens_in_ms, present_phone
from supervisor.console.rendering import page_words
from supervisor.privacy.consents import agreed_by_phone
from supervisor.privacy.schemas import Purpose

router = APIRouter(route_class=PageRoute, include_in_schema=False)
router.include_router(phone_own.router)
router.include_router(phone_selfie.router)
BY_CODE = {"x-roles": ["session code"]}
TICKET_COOKIE = "lessonproof_ticket"
_TRY_AGAIN = {429}


@router.get("/C/{code}/{token}", openapi_extra=BY_CODE)
def scanned(code: str, token: str, request: Request, centre: CentreDep) -> Response:
    """What the QR code on the classroom's screen opens, in capitals. The code is good for seconds: it is swapped for a
    ticket on this first load, whatever the person does next."""
    return _swapped(request, centre, code, token)


@router.get("/c/{code}", openapi_extra=BY_CODE)
def show(
    code: str, request: Request, centre: CentreDep, token: Annotated[str | None, Query(alias="code")] = None
) -> Response:
    return _swapped(request, centre, code, token) if token else _page(request, centre, code)


@router.post("/c/{code}", openapi_extra=BY_CODE)
def check_in(
    code: str,
    request: Request,
    centre: CentreDep,
    key: Annotated[str, Form(max_length=64)],
    direction: Annotated[str, Form(max_length=8)],
    name: Annotated[str | None, Form(max_length=64)] = None,
    last4: Annotated[str | None, Form(max_length=16)] = None,
    who: Annotated[str, Form(max_length=32)] = "",
    ticket: Annotated[str, Form(max_length=128)] = "",
    screen: Annotated[str, Form(max_length=32)] = "",
    lat: Annotated[str, Form(max_length=32)] = "",
    lon: Annotated[str, Form(max_length=32)] = "",
    acc: Annotated[str, Form(max_length=32)] = "",
    datum: Annotated[str, Form(max_length=16)] = "WGS-84",
    loc: Annotated[str, Form(max_length=8)] = "",
    made: Annotated[str, Form(max_length=40)] = "",
    sent: Annotated[str, Form(max_length=40)] = "",
    js: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """303 to the page with its tick, or the page at once for its script; a refusal is the same page with the reason in
    words. `who`: whom the phone knew when it was tapped; `loc`: the person ticked that the position be sent."""
    cookie = request.cookies.get(DEVICE_COOKIE)
    given = {
        "name": name or None,
        "id_last4": last4 or None,
        "direction": direction,
        "idempotency_key": key,
        "ticket": ticket or None,
        "rotating_code": screen or None,
        "location": _location(lat, lon, acc, datum) if loc else None,
        "made_at": made or None if sent else None,
        "sent_at": sent or None if made else None,
    }
    try:
        wanted = _wanted(given)
        _require_same(centre, wanted, cookie, who)
        reply = service.check_in(centre, code, wanted, cookie, client_ip(request))
    except LessonProofError as error:
        return _refused(request, centre, code, error, key, name or "", ticket)
    if js:
        answer = _page(request, centre, code, cookie=reply.device_cookie, ticket=ticket)
        answer.headers[KEY_HEADER] = wanted.idempotency_key
    else:
        answer = RedirectResponse(f"/c/{code}", status_code=303)
    set_device_cookie(answer, centre, reply.device_cookie)
    return answer


@router.post("/c/{code}/forget", openapi_extra=BY_CODE)
def forget(code: str, request: Request, centre: CentreDep) -> Response:
    """Somebody else uses this phone now: the person is forgotten, the phone is not (families share phones)."""
    device = read_device(centre.vault, request.cookies.get(DEVICE_COOKIE))
    service.open_session(centre, code, None)
    answer = RedirectResponse(f"/c/{code}", status_code=303)
    set_device_cookie(answer, centre, device_cookie(centre.vault, Device(device.number, None)))
    return answer


@router.post("/c/{code}/size", openapi_extra=BY_CODE)
def size(code: str, request: Request, back: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Larger letters, or the usual ones again. The page's script does the same without asking."""
    answer = RedirectResponse(own_path(back or f"/c/{code}"), status_code=303)
    wanted = "" if request.cookies.get(SIZE_COOKIE) == LARGE else LARGE
    answer.set_cookie(SIZE_COOKIE, wanted, max_age=SIZE_FOR_S, samesite="lax")
    return answer


def _swapped(request: Request, centre: Centre, code: str, token: str) -> Response:
    cookie = request.cookies.get(DEVICE_COOKIE)
    try:
        swap = codes.swap(centre, code, _token(token), cookie, client_ip(request))
    except LessonProofError as error:
        if error.status == 404:
            raise
        old = request.cookies.get(TICKET_COOKIE)
        plain = error.code == "ROTATING_CODE_OFF" or codes.ticket_good(centre, code, old, cookie)
        return _page(request, centre, code, fault=None if plain else sentence(request, error))
    answer = _page(request, centre, code, cookie=swap.device_cookie, ticket=swap.ticket)
    set_device_cookie(answer, centre, swap.device_cookie)
    _set_ticket(answer, centre, swap)
    return answer


def _token(token: str) -> TicketRequest:
    try:
        return TicketRequest(rotating_code=token)
    except ValidationError:
        raise LessonProofError(
            "QR_EXPIRED",
            status=422,
            zh="这不是教室屏幕上的动态码,请重新扫描",
            en="no code of the screen: scan again",
        ) from None


def _set_ticket(answer: Response, centre: Centre, swap: TicketOut) -> None:
    """For so many seconds, not until a time of day: a phone's clock may be wrong."""
    answer.set_cookie(
        TICKET_COOKIE,
        swap.ticket,
        max_age=max(0, round((swap.valid_until - centre.clock.now()).total_seconds())),
        httponly=True,
        samesite="lax",
        secure=centre.public_url.startswith("https:"),
    )


def _refused(
    request: Request, centre: Centre, code: str, error: LessonProofError, key: str, name: str, ticket: str
) -> Response:
    """Final, but for too many tries: then the phone may ask again later."""
    try:
        answer = _page(
            request, centre, code, ticket=ticket, fault=sentence(request, error), typed_name=name, status=error.status
        )
    except LessonProofError as gone:
        answer = error_page(request, gone)
    if error.status not in _TRY_AGAIN and re.fullmatch(r"[\w-]{1,64}", key, re.ASCII):
        answer.headers[KEY_HEADER] = key
    return answer


def _page(
    request: Request,
    centre: Centre,
    code: str,
    *,
    cookie: str | None = None,
    ticket: str | None = None,
    fault: str | None = None,
    typed_name: str = "",
    status: int = 200,
) -> Response:
    """`cookie`, `ticket`: where they differ from what the request brought."""
    words = page_words(request)
    cookie = cookie or request.cookies.get(DEVICE_COOKIE)
    ticket = ticket or request.cookies.get(TICKET_COOKIE)
    page = service.open_session(centre, code, cookie)
    good = ticket if codes.ticket_good(centre, code, ticket, cookie) else None
    device = read_device(centre.vault, cookie)
    held = Held(
        ticket=good,
        ticket_until=datetime.fromtimestamp(int(good.split(".")[1]), UTC) if good else None,
        who=person_mark(centre.vault, device),
        selfie=page.name is not None and phone_selfie.offered(centre, code, cookie),
        location_agreed=page.name is not None and agreed_by_phone(centre, code, device.trainee_id, Purpose.LOCATION),
    )
    view = present_phone(page, standing_of(centre, code, cookie), held, words, fault=fault, typed_name=typed_name)
    frame = framed(request, code, words("培训签到"), opens_in_ms=opens_in_ms(page))
    return phone_page(request, "phone.html", frame, status=status, view=view)


def _require_same(centre: Centre, wanted: CheckInRequest, cookie: str | None, who: str) -> None:
    """A check-in that waited on the phone is for whom the phone knew when it was tapped."""
    if wanted.name is None and who and who != person_mark(centre.vault, read_device(centre.vault, cookie)):
        raise LessonProofError(
            "PHONE_CHANGED",
            status=409,
            zh="这部手机已换人,之前存下的签到没有记上:请本人填写姓名和身份证号最后 4 位",
            en="this phone has changed hands, so the saved check-in was not taken: fill in your name and the last 4"
            " characters of your ID number",
        )


def _location(lat: str, lon: str, acc: str, datum: str) -> dict[str, Any] | None:
    """None: the phone has not found it; the person checks in all the same."""
    if not (lat and lon and acc):
        return None
    return {"lat": lat, "lon": lon, "accuracy_m": acc, "datum": datum, "consent": True}


def _wanted(given: dict[str, Any]) -> CheckInRequest:
    try:
        return CheckInRequest.model_validate(given)
    except ValidationError as error:
        where = {str(one["loc"][0]) for one in error.errors(include_url=False, include_input=False) if one["loc"]}
    if where == {"location"}:  # a position nobody can use is no reason to send somebody away
        return _wanted(given | {"location": None})
    if where <= {"rotating_code", "ticket"}:
        raise LessonProofError(
            "QR_EXPIRED",
            status=422,
            zh="动态码是教室屏幕上的 8 位字母和数字,请核对",
            en="the screen's code has 8 letters and digits: check it",
        )
    raise LessonProofError(
        "CHECKIN_INVALID",
        status=422,
        zh="请填写姓名和身份证号最后 4 位",
        en="fill in your name and the last 4 characters of your ID number",
    )
