"""One practice camera's ONVIF device: its HTTP server, from start to end."""

from __future__ import annotations

import asyncio
import logging
import ssl

from config.clock import Clock
from config.errors import LessonProofError
from device_adapters.simulator.camera import PracticeCamera
from device_adapters.simulator.digest import Credentials
from device_adapters.simulator.onvif import http
from device_adapters.simulator.onvif.connection import Connection
from device_adapters.simulator.onvif.device_service import DeviceService, endpoint
from device_adapters.simulator.onvif.endpoint import Endpoint
from device_adapters.simulator.onvif.events import EventService, EventTopic
from device_adapters.simulator.onvif.media import MediaService
from device_adapters.simulator.onvif.media2 import Media2Service
from device_adapters.simulator.onvif.operation import Service
from device_adapters.simulator.onvif.profiles import profiles
from device_adapters.simulator.onvif.ptz import PtzService

CONNECTIONS_MAX = 32

log = logging.getLogger(__name__)


class OnvifDevice:
    """`async with OnvifDevice(...) as device:` serves until the block ends. Belongs to the camera's event loop."""

    def __init__(self, camera: PracticeCamera, who: Credentials, host: str, rtsp_port: int, clock: Clock) -> None:
        assert camera.spec.onvif is not None
        self.camera, self._spec, self._host = camera, camera.spec.onvif, host
        self.name = endpoint(camera.spec, host, rtsp_port)
        described = profiles(camera.spec)
        services: list[Service] = [MediaService(described, has_ptz=self._spec.ptz)]
        if self._spec.media2:
            services.append(Media2Service(described, has_ptz=self._spec.ptz))
        if self._spec.ptz:
            services.append(PtzService(described, clock))
        self._events = EventService(self._spec.subscriptions_max, clock) if self._spec.events else None
        if self._events is not None:
            services.append(self._events)
        services.insert(0, DeviceService(camera.spec, self.name, services))
        self._endpoint = Endpoint(camera, self._spec, who, rtsp_port, described, services, clock)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None, "not started"
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def url(self, host: str | None = None) -> str:
        """Address of the device service: on this host, or on the one it listens on."""
        host = host or self._host
        return f"{self._spec.scheme}://{f'[{host}]' if ':' in host else host}:{self.port}{DeviceService.path}"

    def raise_event(self, topic: EventTopic, *, is_active: bool) -> None:
        """The property event has this state from now on; subscribers hear of a change."""
        if self._events is None:
            raise ValueError("this camera has no events")
        self._events.tell(topic, is_active, self.camera.moment()[0])

    async def __aenter__(self) -> OnvifDevice:
        try:
            self._server = await asyncio.start_server(
                self._accept, self._host, self._spec.port, limit=http.MAX_HEAD, reuse_address=True, ssl=self._tls()
            )
        except ssl.SSLError as error:
            raise LessonProofError(
                "PRACTICE_CAMERA_CERTIFICATE",
                zh=f"{self._spec.certificate} 中没有可用的密钥和证书({error.reason})",
                en=f"no usable key and certificate in {self._spec.certificate} ({error.reason})",
                where="onvif.certificate",
            ) from None
        except OSError as error:
            place = f"{self._host}:{self._spec.port}"
            raise LessonProofError(
                "PRACTICE_CAMERA_ADDRESS",
                zh=f"无法在 {place} 上监听:{error.strerror}。请换一个端口",
                en=f"cannot listen on {place}: {error.strerror}; choose another port",
                where="onvif.port",
            ) from None
        return self

    def _tls(self) -> ssl.SSLContext | None:
        if self._spec.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._spec.certificate)
        return context

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        tasks = tuple(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= CONNECTIONS_MAX or self.camera.is_down:
            writer.transport.abort()
            return
        self._connections.add(task)
        connection = Connection(reader, writer, self.camera, self._spec.slow_s, self._endpoint.answer)
        self.camera.connections.add(connection)
        try:
            await connection.serve()
        except asyncio.CancelledError:
            # The server stops; passed on, asyncio's streams would report it as an error.
            writer.transport.abort()
        except Exception:  # one client must never end the others
            log.exception("an ONVIF connection failed")
            writer.transport.abort()
        finally:
            self.camera.connections.discard(connection)
            self._connections.discard(task)
