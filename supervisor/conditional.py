"""Conditional reads of the API (RFC 9110, 13.1.2): an answer carries its ETag, and who has it already gets 304 without
it. The work is still done, so that who asks is still checked and written down; only the line is spared. Browsers keep
nothing of the API (no-store): this is for programs that keep what they were told."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_JSON = "application/json"


class Conditional:
    """Plain ASGI. Looks at whole JSON answers to GET under /api/; all else passes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match")
        started: Message | None = None

        async def held(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start" and _whole_json(message):
                started = message
                return
            if started is not None:
                start, started = started, None
                if not message.get("more_body", False):
                    await _answer(start, message, known, send)
                    return
                await send(start)
            await send(message)

        await self._app(scope, receive, held)


def _whole_json(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and headers.get("content-type") == _JSON and "etag" not in headers


async def _answer(start: Message, body: Message, known: str | None, send: Send) -> None:
    etag = f'"{hashlib.sha256(body.get("body", b"")).hexdigest()[:32]}"'
    headers = MutableHeaders(scope=start)
    headers["ETag"] = etag
    headers.add_vary_header("Cookie")
    if known is not None and matches(known, etag):
        for name in ("content-length", "content-type"):
            del headers[name]
        start, body = {**start, "status": 304}, {**body, "body": b""}
    await send(start)
    await send(body)


def matches(asked: str, etag: str) -> bool:
    """The weak comparison of If-None-Match: `*`, or one of a list."""
    return asked.strip() == "*" or etag in (one.strip().removeprefix("W/") for one in asked.split(","))
