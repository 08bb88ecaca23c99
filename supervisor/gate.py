"""What every request passes: size limits, same-origin for changes and WebSockets by browsers, security headers. Plain
ASGI."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.errors import LessonProofError
from supervisor.problems import problem

MAX_BODY = 1024 * 1024
MAX_BOX_BODY = 9 * 1024 * 1024  # 8 MiB of log entries or clip bytes, and their wrapping
MAX_LIST_BODY = 8 * 1024 * 1024  # a comparison list of a whole county
MAX_PAPER_BODY = 20 * 1024 * 1024
"""A file that goes with an institution's explanation or answer: a paper, a picture, a short recording."""
MAX_FORM_FILES = MAX_PAPER_BODY - 64 * 1024
"""Of the files of one form together; what a form is besides them is less, amply."""
_PAPER = re.compile(
    r"/api/lessons/[0-9a-f-]{36}/explanations/[0-9a-f-]{36}/files|/api/inspections/[0-9a-f-]{36}/answers/\d{1,9}/files"
    r"|/inspections/[0-9a-f-]{36}/(?:answers|files)|/institutions/[0-9a-f-]{36}/verifications"
    r"|/institutions/[0-9a-f-]{36}/verifications/[0-9a-f-]{36}/photos|/api/verifications/[0-9a-f-]{36}/photos"
    r"|/classes/[0-9a-f-]{36}/(opening|opening/(notice|statements)|absences/leave|exemption-requests)"
    r"|/classes/[0-9a-f-]{36}/roster/checks/[0-9a-f-]{36}/lift|/api/classes/[0-9a-f-]{36}/files"
)
MAX_SNAPSHOT_BODY = 32 * 1024 * 1024  # a PNG of a 4K picture full of detail
_SNAPSHOT = re.compile(r"/api/lessons/[0-9a-f-]{36}/clips/[0-9a-f]{64}/snapshots")
_SAFE = {"GET", "HEAD", "OPTIONS"}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:;"
        " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}


class Gate:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and _foreign_socket(scope):
            await receive()
            await send({"type": "websocket.accept"})  # before it, a close would come without its code
            await send({"type": "websocket.close", "code": 4403, "reason": "CROSS_ORIGIN"})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = _limit(scope["path"])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    answer.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    answer.setdefault("Cache-Control", "no-store")
            await send(message)

        fault = _refusal(scope, headers, limit)
        if fault is not None:
            await problem(fault)(scope, receive, send_with_headers)
            return
        received = 0

        async def counted_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413)  # what reads the body passes this one on; problems turns it into ours
            return message

        await self._app(scope, counted_receive, send_with_headers)


def _limit(path: str) -> int:
    if path.startswith("/api/box/"):
        return MAX_BOX_BODY
    if _PAPER.fullmatch(path):
        return MAX_PAPER_BODY
    if _SNAPSHOT.fullmatch(path):
        return MAX_SNAPSHOT_BODY
    return MAX_LIST_BODY if path in ("/api/comparison-lists", "/comparison-lists") else MAX_BODY


def _refusal(scope: Scope, headers: Headers, limit: int) -> LessonProofError | None:
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > limit:
        return _too_large()
    if scope["method"] not in _SAFE and not scope["path"].startswith("/api/box/") and not _same_origin(headers):
        return LessonProofError(
            "CROSS_ORIGIN", status=403, zh="拒绝来自其他网站的请求", en="a request from another site is refused"
        )
    return None


def _same_origin(headers: Headers) -> bool:
    """Browsers say where a change comes from; who is no browser sends neither header and carries no ambient cookie."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _foreign_socket(scope: Scope) -> bool:
    """A page of another site may open a WebSocket to us, and the browser sends our cookie along: only the origin tells.
    Boxes are no browsers, and sign."""
    if scope["path"].startswith("/api/box/"):
        return False
    headers = Headers(scope=scope)
    return urlsplit(headers.get("origin", "")).netloc != headers.get("host", "")


def _too_large() -> LessonProofError:
    return LessonProofError("BODY_TOO_LARGE", status=413, zh="上传内容过大", en="the request body is too large")
