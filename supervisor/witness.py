"""A witness of one log as an HTTP service (C2SP tlog-witness), for whoever wants to watch a centre: it has no database
and no part in one.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from config.errors import LessonProofError
from storage.evidence.checkpoint import parse_checkpoint
from storage.evidence.cosigner import Cosigner
from storage.evidence.note import LONGEST
from storage.evidence.witness import Fork, Rollback

log = logging.getLogger(__name__)

_LARGEST = 2 * LONGEST  # bytes of a request: the note, and the proof before it
_BODY_WITHIN_S = 10


def app_of(cosigner: Cosigner) -> Starlette:
    async def add_checkpoint(request: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(cosigner.add_checkpoint, await _body(request)))

    async def checkpoint(request: Request) -> Response:
        wanted = hashlib.sha256(cosigner.origin.encode()).hexdigest()
        if request.path_params["origin"] != wanted or parse_checkpoint(cosigner.note).size == 0:
            raise LessonProofError("NOT_FOUND", status=404, zh="没有见证过", en="nothing of it was cosigned here")
        return PlainTextResponse(str(cosigner.note))

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin}/checkpoint", checkpoint, methods=["GET"]),
        ],
        exception_handlers={LessonProofError: _refused},
    )


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async with asyncio.timeout(_BODY_WITHIN_S):
            async for piece in request.stream():
                body += piece
                if len(body) > _LARGEST:
                    raise LessonProofError("BODY_TOO_LARGE", status=413, zh="内容过大", en="the body is too large")
    except TimeoutError:
        raise LessonProofError("BODY_TOO_SLOW", status=408, zh="内容来得太慢", en="the body came too slowly") from None
    return body


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LessonProofError)
    if isinstance(error, Rollback):
        return Response(f"{error.size}\n", status_code=error.status, headers={"Content-Type": "text/x.tlog.size"})
    if isinstance(error, Fork):
        log.error("refused to cosign: %s", error.en)
    return JSONResponse(error.problem(), error.status, media_type="application/problem+json")
