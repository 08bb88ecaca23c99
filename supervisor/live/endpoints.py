"""The WebSockets of live pictures: `/live` for pages, `/api/box/live` for boxes.

A refusal of a page closes with 4000 + the HTTP status and the error's code as reason (a browser is shown nothing of a
refused handshake); one of a box is an HTTP answer like any other.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from contextlib import closing
from typing import Any
from uuid import UUID

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from config.errors import LessonProofError
from supervisor.callers import SESSION_COOKIE, caller_of
from supervisor.centre import Centre
from supervisor.contract.live import CameraSays, parse
from supervisor.lessons.schemas import ViewReason
from supervisor.live.port import BoxLink, ViewerLink
from supervisor.live.schemas import MAX_TEXT, WatchIn
from supervisor.live.service import PATROLLERS, Visit, close_code
from supervisor.live.turnstile import too_many
from supervisor.problems import problem
from supervisor.requests import request_invalid, signer_of, still_trusted

log = logging.getLogger(__name__)

router = APIRouter()
box_router = APIRouter(prefix="/api/box")

ASK_AGAIN_S = 30.0
"""A person who signs out, a lesson hour that ends, or a box that is revoked, ends the pictures so soon."""
WISHES_MAX, WISHES_S = 30, 10.0


@router.websocket("/live")
async def watch(socket: WebSocket) -> None:
    centre: Centre = socket.app.state.centre
    await socket.accept()
    try:
        visit = Visit(
            centre=centre,
            token=socket.cookies.get(SESSION_COOKIE),
            ip=socket.client.host if socket.client else "",
            reason=_reason(socket.query_params.get("reason", ViewReason.ROUTINE)),
            entered=set(),
        )
        caller = PATROLLERS(await run_in_threadpool(caller_of, centre, visit.token))
        with centre.turnstile.page(caller.account_id), closing(centre.live.viewer()) as link:
            await _first_of(_send(socket, link), _page(socket, visit, link))
    except LessonProofError as error:
        await _close(socket, close_code(error), error.code)
    except WebSocketDisconnect:
        return


@box_router.websocket("/live")
async def serve_box(socket: WebSocket) -> None:
    centre: Centre = socket.app.state.centre
    try:
        box_id = await run_in_threadpool(signer_of, socket, "GET", b"", centre)
        centre.turnstile.once(socket.headers.get("signature", ""))
    except LessonProofError as error:
        await socket.send_denial_response(problem(error))
        return
    await socket.accept()
    try:
        with closing(centre.live.box(box_id)) as link:
            await _first_of(_tell(socket, link), _hear(socket, link), _while_trusted(centre, box_id))
    except LessonProofError as error:
        await _close(socket, close_code(error), error.code)
    except WebSocketDisconnect:
        return


async def _send(socket: WebSocket, link: ViewerLink) -> None:
    """Waits for the line: what comes meanwhile is the link's to keep or to drop."""
    while True:
        said = await link.next()
        if isinstance(said, str):
            await socket.send_text(said)
        else:
            await socket.send_bytes(said)


async def _page(socket: WebSocket, visit: Visit, link: ViewerLink) -> None:
    """What the page wishes, and every now and then whether it still may."""
    now = visit.centre.clock.monotonic
    wished = WatchIn(watch=())
    lately: deque[float] = deque(maxlen=WISHES_MAX)
    asking = asyncio.ensure_future(_text(socket))
    try:
        while True:
            done, _ = await asyncio.wait({asking}, timeout=ASK_AGAIN_S)
            fresh: frozenset[UUID] = frozenset()
            if done:
                wished = _wished(asking.result())
                fresh = wished.fresh
                if len(lately) == WISHES_MAX and now() - lately[0] < WISHES_S:
                    raise too_many()
                lately.append(now())
                asking = asyncio.ensure_future(_text(socket))
            link.watch(await run_in_threadpool(visit.admit, wished.watch), fresh)
    finally:
        asking.cancel()


async def _text(socket: WebSocket) -> str:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return message.get("text") or ""


async def _tell(socket: WebSocket, link: BoxLink) -> None:
    while (said := await link.next()) is not None:
        await socket.send_text(said)
    await _close(socket, 4409, "REPLACED")


async def _hear(socket: WebSocket, link: BoxLink) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        data, text = message.get("bytes"), message.get("text")
        if data is not None:
            link.frame(data)
        elif text is not None and len(text) <= MAX_TEXT:
            said = parse(CameraSays, text)
            if said is not None:
                link.says(said)


async def _while_trusted(centre: Centre, box_id: UUID) -> None:
    """Raises BOX_REVOKED once the box is: its line was opened while it was not."""
    while True:
        await asyncio.sleep(ASK_AGAIN_S)
        await run_in_threadpool(still_trusted, centre, box_id)


async def _first_of(*work: Coroutine[Any, Any, None]) -> None:
    """Until one of them ends; then the others do too. Raises what that one raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        await socket.close(code, reason)
    except (RuntimeError, WebSocketDisconnect):
        log.debug("a line was gone before it was closed: %s", reason)


def _wished(text: str) -> WatchIn:
    """Raises LessonProofError REQUEST_INVALID (422)."""
    try:
        if len(text) > MAX_TEXT:
            raise request_invalid((), "too long")
        return WatchIn.model_validate_json(text)
    except ValidationError as error:
        raise request_invalid(error.errors(include_url=False, include_input=False)[0]["loc"], error) from None


def _reason(text: str) -> ViewReason:
    try:
        return ViewReason(text)
    except ValueError:
        raise request_invalid(("reason",), "not one of the reasons") from None
