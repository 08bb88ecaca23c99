"""One HTTP connection to a camera, and the ways it can go wrong on demand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from device_adapters.simulator.camera import PracticeCamera
from device_adapters.simulator.onvif import http

IDLE_S = 60.0
_GARBAGE = b'<?xml version="1.0"?><env:Envelope><env:Body><tds:Get\xff\xfe</env:Bo'

log = logging.getLogger(__name__)

Answer = Callable[[http.Request, str, int], Awaitable[bytes]]


class Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, camera: PracticeCamera, slow_s: float,
        answer: Answer,
    ) -> None:  # fmt: skip
        self._reader, self._writer, self._camera, self._slow_s, self._answer = reader, writer, camera, slow_s, answer
        self._host, self._port = writer.get_extra_info("sockname")[:2]

    def hang_up(self) -> None:
        """Cut the connection at once."""
        self._writer.transport.abort()

    async def serve(self) -> None:
        """Answer until either side ends, or nothing comes for IDLE_S."""
        try:
            while (request := await self._next()) is not None:
                await self._reply(request)
                if not request.keep_alive:
                    break
        except http.BadRequest as bad:
            await self._send(http.response(bad.status, keep_alive=False))
        except (TimeoutError, ConnectionError):
            log.debug("an ONVIF client went away without a word")
        finally:
            self._writer.close()

    async def _next(self) -> http.Request | None:
        # Not wait_for: until Python 3.12 it can swallow the cancellation that ends the server.
        async with asyncio.timeout(IDLE_S):
            return await http.read_request(self._reader)

    async def _reply(self, request: http.Request) -> None:
        await self._wait_while_hanging()
        match self._camera.onvif_fault:
            case "garbage":
                return await self._send(http.response(200, _GARBAGE))
            case "slow":
                await asyncio.sleep(self._slow_s)
        return await self._send(await self._answer(request, self._host, self._port))

    async def _wait_while_hanging(self) -> None:
        """Until the camera, or its ONVIF side alone, answers again, or the client has given up."""
        while self._camera.onvif_fault == "silent" or not self._camera.answering.is_set():
            if self._reader.at_eof():
                raise ConnectionResetError
            await asyncio.sleep(0.1)

    async def _send(self, message: bytes) -> None:
        if not self._writer.transport.is_closing():
            self._writer.write(message)
            with suppress(ConnectionError):
                async with asyncio.timeout(IDLE_S):
                    await self._writer.drain()
