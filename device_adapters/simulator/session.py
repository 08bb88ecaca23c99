"""One RTSP connection (RFC 2326): who may ask, what is answered, and in which order."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from config.clock import Clock
from device_adapters.simulator.camera import PracticeCamera
from device_adapters.simulator.digest import Challenge, Credentials
from device_adapters.simulator.messages import BadMessage, Request, read_message, response
from device_adapters.simulator.player import Player
from device_adapters.simulator.sdp import TRACK

SESSION_TIMEOUT_S = 60
_REFUSALS_MAX = 5  # wrong passwords on one connection
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
_KNOWN_ELSEWHERE = {"ANNOUNCE", "PAUSE", "RECORD", "REDIRECT", "SET_PARAMETER"}
_CHANNELS = re.compile(r"interleaved=(\d{1,3})(?:-(\d{1,3}))?$")

log = logging.getLogger(__name__)


class Session:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cameras: Mapping[str, PracticeCamera],
        who: Credentials, clock: Clock,
    ) -> None:  # fmt: skip
        self._reader, self._writer = reader, writer
        self._cameras, self._who, self._clock = cameras, who, clock
        self._challenge = Challenge()
        self._refusals = 0
        self._id = secrets.token_hex(8)
        self._camera: PracticeCamera | None = None  # the one this connection has asked about
        self._player: Player | None = None  # from SETUP on
        self._open = True

    def hang_up(self) -> None:
        """Cut the connection at once; what was not sent yet is lost."""
        self._open = False
        self._writer.transport.abort()

    async def serve(self) -> None:
        """Answer until either side ends, or nothing comes for SESSION_TIMEOUT_S."""
        try:
            while self._open:
                # Not wait_for, here and below: until Python 3.12 it can swallow the cancellation that ends the server.
                async with asyncio.timeout(SESSION_TIMEOUT_S):
                    message = await read_message(self._reader)
                if message is None:
                    return
                if isinstance(message, Request):  # else: a receiver report, a sign of life
                    await self._answer(message)
        except BadMessage as bad:
            log.info("refused a malformed request: %s", bad)
            await self._send(response(bad.status, None))
        except (TimeoutError, ConnectionError):
            log.info("a receiver went away without a word")
            self.hang_up()
        finally:
            if self._player is not None:
                self._player.stop()
            if self._camera is not None:
                self._camera.connections.discard(self)
            self._writer.close()

    async def _answer(self, request: Request) -> None:
        log.debug("%s", request.method)
        if "require" in request.headers:
            return await self._reply(request, 551, [("Unsupported", request.headers["require"])])
        if request.method == "OPTIONS":
            if self._camera is not None:
                await self._wait_for(self._camera)
            return await self._reply(request, 200, [("Public", _METHODS)])
        authorization = request.headers.get("authorization", "")
        if not self._challenge.accepts(authorization, request.method, request.uri, self._who):
            return await self._refuse(request, was_tried=bool(authorization))
        camera = self._find_camera(request.uri)
        if camera is None:
            return await self._reply(request, 404)
        self._attach(camera)
        if camera.is_down:
            return self.hang_up()
        await self._wait_for(camera)
        return await self._dispatch(request, camera)

    async def _wait_for(self, camera: PracticeCamera) -> None:
        """Until the camera no longer hangs. Raises TimeoutError when the receiver has given up before."""
        for _ in range(SESSION_TIMEOUT_S):
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await camera.answering.wait()
                    return
            if self._reader.at_eof():
                break
        raise TimeoutError

    async def _dispatch(self, request: Request, camera: PracticeCamera) -> None:
        match request.method:
            case "DESCRIBE":
                base = request.uri.rstrip("/") + "/"
                headers = [("Content-Base", base), ("Content-Type", "application/sdp")]
                await self._reply(request, 200, headers, camera.source.sdp.encode())
            case "SETUP":
                await self._set_up(request, camera)
            case "PLAY" | "GET_PARAMETER" | "TEARDOWN" if request.headers.get("session", self._id) != self._id:
                await self._reply(request, 454)
            case "GET_PARAMETER":
                await self._reply(request, 200, self._session_header())
            case "PLAY":
                await self._play(request, camera)
            case "TEARDOWN":
                self._open = self._player is None
                await self._reply(request, 454 if self._open else 200)
            case method if method in _KNOWN_ELSEWHERE:
                await self._reply(request, 405, [("Allow", _METHODS)])
            case _:
                await self._reply(request, 501)

    async def _set_up(self, request: Request, camera: PracticeCamera) -> None:
        if self._player is not None:
            return await self._reply(request, 455)
        channel = _tcp_channel(request.headers.get("transport", ""))
        if channel is None:
            return await self._reply(request, 461)
        self._player = Player(camera, self._writer.transport, channel, self._clock)
        ssrc = self._player.sender.ssrc
        transport = f'RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1};ssrc={ssrc:08X};mode="PLAY"'
        return await self._reply(request, 200, [("Transport", transport), *self._session_header()])

    async def _play(self, request: Request, camera: PracticeCamera) -> None:
        if self._player is None or request.headers.get("session") != self._id:
            return await self._reply(request, 455 if self._player is None else 454)
        _, timestamp = camera.moment()
        track = f"{request.uri.rstrip('/')}/{TRACK}"
        info = f"url={track};seq={self._player.sender.sequence};rtptime={timestamp}"
        await self._reply(request, 200, [("Range", "npt=now-"), ("RTP-Info", info), *self._session_header()])
        self._player.start()
        return None

    async def _refuse(self, request: Request, *, was_tried: bool) -> None:
        self._refusals += was_tried
        if self._refusals >= _REFUSALS_MAX:
            self._open = False
        await self._reply(request, 401, self._challenge.headers())

    def _find_camera(self, uri: str) -> PracticeCamera | None:
        try:
            path = urlsplit(uri).path.rstrip("/")
        except ValueError:
            return None
        return self._cameras.get(path.removesuffix(f"/{TRACK}"))

    def _attach(self, camera: PracticeCamera) -> None:
        if self._camera is not None:
            self._camera.connections.discard(self)
        self._camera = camera
        camera.connections.add(self)

    def _session_header(self) -> list[tuple[str, str]]:
        return [("Session", f"{self._id};timeout={SESSION_TIMEOUT_S}")]

    async def _reply(
        self, request: Request, status: int, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> None:
        await self._send(response(status, request.cseq, [("Server", "LessonProof practice camera"), *headers], body))

    async def _send(self, message: bytes) -> None:
        if not self._writer.transport.is_closing():
            self._writer.write(message)
            async with asyncio.timeout(SESSION_TIMEOUT_S):
                await self._writer.drain()


def _tcp_channel(transport: str) -> int | None:
    """The RTP channel of the first interleaved offer of a Transport header; None when only UDP is offered."""
    for offer in transport.split(","):
        fields = [field.strip() for field in offer.split(";")]
        if fields[0].upper() != "RTP/AVP/TCP" or "multicast" in fields:
            continue
        channels = [match for match in map(_CHANNELS.match, fields) if match]
        channel = int(channels[0][1]) if channels else 0
        if channel <= 254:
            return channel
    return None
