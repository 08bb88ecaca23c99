"""Every error leaves the centre as problem+json (RFC 9457): a code, a status, a sentence in Chinese and in English."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from config.errors import LessonProofError
from supervisor.requests import request_invalid

log = logging.getLogger(__name__)

_HTTP = {
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


def _http(_request: Request, error: Exception) -> Problem:
    assert isinstance(error, HTTPException)
    code, zh, en = _HTTP.get(error.status_code, ("HTTP_ERROR", "请求无法处理", "the request cannot be handled"))
    return problem(LessonProofError(code, status=error.status_code, zh=zh, en=en))


def _unknown(request: Request, error: Exception) -> Problem:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(
        LessonProofError(
            "INTERNAL", status=500, zh="系统内部错误,已记录,请稍后再试", en="an internal error; it is logged, try again"
        )
    )
