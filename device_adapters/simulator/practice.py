"""Practice cameras inside a test or another program: the real server, on a thread with its own event loop.

with PracticeCameras([CameraSpec(path="/room-101", people=12, onvif=OnvifSpec())]) as cameras:
    cameras[0].url                      # rtsp://camera:…@127.0.0.1:40123/room-101
    cameras[0].onvif_url                # http://127.0.0.1:40124/onvif/device_service
    cameras[0].apply(People(count=8))
    cameras[0].raise_event("tamper", is_active=True)
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from config.clock import Clock, SystemClock
from device_adapters.simulator.camera import PracticeCamera
from device_adapters.simulator.digest import Credentials
from device_adapters.simulator.faces import fetch_photograph, load_photograph
from device_adapters.simulator.onvif.device import OnvifDevice
from device_adapters.simulator.onvif.events import EventTopic
from device_adapters.simulator.script import Action, CameraSpec, ServerSpec
from device_adapters.simulator.server import PracticeServer

_START_S = 30.0


@dataclass(frozen=True, slots=True)
class CameraHandle:
    url: str = field(repr=False)  # with the password
    camera: PracticeCamera = field(repr=False)
    _loop: asyncio.AbstractEventLoop = field(repr=False)
    _onvif: OnvifDevice | None = field(default=None, repr=False)

    @property
    def onvif_url(self) -> str:
        """Address of the ONVIF device service, without user and password. Raises ValueError where there is none."""
        return self._device().url()

    def apply(self, action: Action) -> None:
        """Do it now; returns when it is done. Raises TimeoutError when the server is gone."""

        async def on_loop() -> None:
            self.camera.apply(action)

        asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(timeout=_START_S)

    def raise_event(self, topic: EventTopic, *, is_active: bool) -> None:
        """An ONVIF property event: from now on there is motion (or tampering), or no more. Returns when it is told."""

        async def on_loop() -> None:
            self._device().raise_event(topic, is_active=is_active)

        asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(timeout=_START_S)

    def _device(self) -> OnvifDevice:
        if self._onvif is None:
            raise ValueError("this camera has no ONVIF")
        return self._onvif


class PracticeCameras:
    """Context manager. Cameras in the order given; `port` 0 takes a free one; without a `password` one is made up."""

    def __init__(
        self, cameras: Sequence[CameraSpec], *, port: int = 0, user: str = "camera", password: str | None = None,
        clock: Clock | None = None, discovery: bool = False,
    ) -> None:  # fmt: skip
        self.user, self.password = user, password or secrets.token_urlsafe(12)
        self._spec = ServerSpec(
            port=port, user=user, password=SecretStr(self.password), discovery=discovery, cameras=tuple(cameras)
        )
        self._clock = clock or SystemClock()
        self._handles: list[CameraHandle] = []
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self.port = port

    def __enter__(self) -> PracticeCameras:
        fetch_photograph()
        self._thread = threading.Thread(target=self._run, name="practice-cameras", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_S):
            raise TimeoutError("the practice cameras did not start")
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None and self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_START_S)

    def __len__(self) -> int:
        return len(self._spec.cameras)

    def __getitem__(self, index: int) -> CameraHandle:
        return self._handles[index]

    def __iter__(self) -> Iterator[CameraHandle]:
        return iter(self._handles)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised again where the block began
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        who = Credentials(self.user, self.password)
        async with PracticeServer(self._spec, who, load_photograph(), self._clock) as server:
            self.port = server.port
            self._handles = [
                CameraHandle(server.url(path), camera, self._loop, server.onvif.get(path))
                for path, camera in server.cameras.items()
            ]
            self._ready.set()
            await self._stop.wait()
