"""Every error leaves the centre as problem+json (RFC 9457), or as a page to who asks for one: a code, a status, and a
sentence in Chinese and in English."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from config.errors import LessonProofError
from supervisor.console.page_route import error_page, wants_page
from supervisor.requests import request_invalid

log = logging.getLogger(__name__)

_HTTP = {
    400: ("REQUEST_INVALID", "请求内容无法读取", "the request body cannot be read"),
    404: ("NOT_FOUND", "没有这个地址", "no such address"),
    405: ("METHOD_NOT_ALLOWED", "该地址不支持此操作", "this address does not allow the method"),
    413: ("BODY_TOO_LARGE", "上传内容过大", "the request body is too large"),
}


class Problem(JSONResponse):
    media_type = "application/problem+json"


def problem(error: LessonProofError) -> Problem:
    headers = {"Retry-After": "600"} if error.status == 429 else None
    return Problem(error.problem(), status_code=error.status, headers=headers)


def install(app: FastAPI) -> None:
    app.add_exception_handler(LessonProofError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


def _known(_request: Request, error: Exception) -> Problem:
    assert isinstance(error, LessonProofError)
    return problem(error)


def _invalid(_request: Request, error: Exception) -> Problem:
    """What was typed is never repeated in the answer: it may be a password or an ID number."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    loc = first["loc"][1:] if first["loc"][:1] == ("body",) else first["loc"]
    return problem(request_invalid(loc, first["msg"]))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, zh, en = _HTTP.get(error.status_code, ("HTTP_ERROR", "请求无法处理", "the request cannot be handled"))
    said = LessonProofError(code, status=error.status_code, zh=zh, en=en)
    return error_page(request, said) if wants_page(request) else problem(said)


def _unknown(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    said = LessonProofError(
        "INTERNAL", status=500, zh="系统内部错误,已记录,请稍后再试", en="an internal error; it is logged, try again"
    )
    return error_page(request, said) if wants_page(request) else problem(said)
