"""The practice cameras of one address: an RTSP server with one path a camera, and their ONVIF devices beside it."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from config.clock import Clock
from config.errors import LessonProofError
from device_adapters.simulator.camera import PracticeCamera
from device_adapters.simulator.classroom import Classroom
from device_adapters.simulator.digest import Credentials
from device_adapters.simulator.messages import MAX_HEAD
from device_adapters.simulator.onvif.device import OnvifDevice
from device_adapters.simulator.onvif.discovery import Discovery
from device_adapters.simulator.script import CameraSpec, ServerSpec
from device_adapters.simulator.session import Session
from device_adapters.simulator.source import ClassroomSource, SilenceSource, Source
from device_adapters.simulator.stamp import StampSource

CONNECTIONS_MAX = 64

log = logging.getLogger(__name__)


class PracticeServer:
    """`async with PracticeServer(...) as server:` serves until the block ends. Belongs to one event loop."""

    def __init__(self, spec: ServerSpec, who: Credentials, photograph: NDArray[np.uint8], clock: Clock) -> None:
        self._spec, self._who, self._clock = spec, who, clock
        self.cameras = {
            camera.path: PracticeCamera(camera, _source(camera, photograph), clock) for camera in spec.cameras
        }
        self.onvif: dict[str, OnvifDevice] = {}  # by the camera's path; once started
        self._beside = AsyncExitStack()
        self._connections: set[asyncio.Task[None]] = set()
        self._running: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None, "not started"
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def url(self, path: str, *, redacted: bool = False) -> str:
        """`rtsp://user:password@host:port/path`; `redacted` for logs."""
        password = "***" if redacted else quote(self._who.password, safe="")
        host = f"[{self._spec.host}]" if ":" in self._spec.host else self._spec.host
        return f"rtsp://{quote(self._who.user, safe='')}:{password}@{host}:{self.port}{path}"

    async def __aenter__(self) -> PracticeServer:
        try:
            self._server = await asyncio.start_server(
                self._accept, self._spec.host, self._spec.port, limit=MAX_HEAD, reuse_address=True
            )
        except OSError as error:
            place = f"{self._spec.host}:{self._spec.port}"
            raise LessonProofError(
                "PRACTICE_CAMERA_ADDRESS",
                zh=f"无法在 {place} 上监听:{error.strerror}。请换一个端口",
                en=f"cannot listen on {place}: {error.strerror}; choose another port",
                where="port",
            ) from None
        try:
            await self._start_onvif()
        except BaseException:
            self._server.close()
            await self._beside.aclose()
            raise
        self._running = [asyncio.create_task(camera.run()) for camera in self.cameras.values()]
        return self

    async def _start_onvif(self) -> None:
        for path, camera in self.cameras.items():
            if camera.spec.onvif is not None:
                device = OnvifDevice(camera, self._who, self._spec.host, self.port, self._clock)
                self.onvif[path] = await self._beside.enter_async_context(device)
        if self._spec.discovery:
            devices = list(self.onvif.values())
            await self._beside.enter_async_context(Discovery(devices, self._spec.host, self._clock))

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        await self._beside.aclose()
        self._server.close()
        tasks = [*self._running, *self._connections]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= CONNECTIONS_MAX:
            log.warning("more than %d connections: one closed", CONNECTIONS_MAX)
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            await Session(reader, writer, self.cameras, self._who, self._clock).serve()
        except asyncio.CancelledError:
            # The server stops; passed on, asyncio's streams would report it as an error.
            writer.transport.abort()
        except Exception:  # one receiver must never end the others
            log.exception("a connection failed")
            writer.transport.abort()
        finally:
            self._connections.discard(task)


def credentials(spec: ServerSpec, default_file: Path) -> tuple[Credentials, Path | None]:
    """User and password, and the file that holds the password if `spec` does not: made, for its owner only, if new."""
    if spec.password is not None:
        return Credentials(spec.user, spec.password.get_secret_value()), None
    file = spec.password_file or default_file
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as new:
                new.write(secrets.token_urlsafe(12) + "\n")
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        password = ""
    if not password:
        raise LessonProofError(
            "PRACTICE_CAMERA_PASSWORD",
            zh=f"无法从 {file} 读取密码",
            en=f"no password can be read from {file}",
            where=str(file),
        )
    return Credentials(spec.user, password), file


def _source(spec: CameraSpec, photograph: NDArray[np.uint8]) -> Source:
    if not spec.has_video:
        return SilenceSource(spec.room)
    if spec.picture == "clock":
        return StampSource(spec.room)
    return ClassroomSource(Classroom(photograph, spec.room, spec.people, spec.seed), spec.room)
