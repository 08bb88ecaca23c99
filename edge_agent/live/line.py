"""The box's line to the centre for live pictures: one WebSocket, dialled from here, open while the box runs.

The centre says over it which cameras are looked at; those, and only while the box records them, are opened. Nothing
else of the box waits for this line, and when it breaks it comes back by itself.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from config.clock import Clock
from device_adapters.interfaces import Camera
from edge_agent.live.camera import LiveCamera
from edge_agent.live.outgoing import Outgoing
from edge_agent.uplink.backoff import BackOff
from edge_agent.uplink.client import is_loopback
from supervisor.contract.live import HEARTBEAT_S, PATH, CameraSays, LiveReason, LiveState, Wanted, Watch, parse
from supervisor.contract.signing import BoxAuth

_LOG = logging.getLogger(__name__)
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
OPEN_LIMIT_S = 10.0
CAMERAS_MAX = 16
STOP_S = 2.0
LOOK_S = 0.5  # between two looks at whether the box shall stop


class LiveLine:
    """`key`: the box's, asked at each dialling, for it may change. `camera`: by its id, what to open; None: the box has
    no address for it. `recording`: whether the box records it now."""

    def __init__(
        self,
        url: str,
        box_id: str,
        key: Callable[[], Ed25519PrivateKey],
        clock: Clock,
        recordings: Path,
        camera: Callable[[str], Camera | None],
        recording: Callable[[str], bool],
    ) -> None:
        self._url = url
        self._box_id = box_id
        self._key = key
        self._clock = clock
        self._recordings = recordings
        self._camera = camera
        self._recording = recording
        self._cameras: dict[int, LiveCamera] = {}
        self._said = ""

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Never raises."""
        back_off = BackOff(FIRST_WAIT_S, LONGEST_WAIT_S)
        while not stop.is_set():
            try:
                with self._dial() as line:
                    back_off.succeeded()
                    self._said = ""
                    self._serve(line, stop)
            except (OSError, WebSocketException) as error:
                self._trouble(error)
            except Exception:  # noqa: BLE001 - the line must outlive every surprise
                _LOG.exception("the line for live pictures failed")
            stop.wait(back_off.failed())

    def _dial(self) -> ClientConnection:
        """Raises OSError (no connection, no answer in time), WebSocketException (refused)."""
        query = f"{PATH}?once={secrets.token_hex(16)}"
        request = httpx.Request("GET", self._url.rstrip("/") + query)
        signed = next(BoxAuth(self._key(), self._box_id, self._clock).auth_flow(request))
        names = ("Signature", "Signature-Input", "Content-Digest")
        tls = self._url.startswith("https:")
        return connect(
            f"{'wss' if tls else 'ws'}{str(request.url).removeprefix('https').removeprefix('http')}",
            additional_headers={name: signed.headers[name] for name in names},
            ssl=httpx.create_ssl_context() if tls else None,  # the same roots of trust as every other request
            proxy=None if is_loopback(self._url) else True,
            compression=None,
            open_timeout=OPEN_LIMIT_S,
            close_timeout=1,
            ping_interval=HEARTBEAT_S,
            ping_timeout=HEARTBEAT_S,
            max_size=256 * 1024,
        )

    def _serve(self, line: ClientConnection, stop: threading.Event) -> None:
        outgoing = Outgoing(self._clock)
        sender = threading.Thread(target=_send, args=(line, outgoing), name="live sender", daemon=True)
        sender.start()
        try:
            while not stop.is_set():
                try:
                    said = line.recv(timeout=LOOK_S)
                except TimeoutError:
                    continue
                watch = parse(Watch, said) if isinstance(said, str) else None
                if watch is not None:
                    self._watch(watch, outgoing)
        finally:
            outgoing.close()
            self._watch(Watch(cameras=()), outgoing)
            line.close()
            sender.join(STOP_S)

    def _watch(self, watch: Watch, outgoing: Outgoing) -> None:
        wanted = {one.channel: one for one in watch.cameras}
        for channel, running in list(self._cameras.items()):
            asked = wanted.get(channel)
            if asked is None or asked.camera_id != running.camera_id:
                running.stop()
                del self._cameras[channel]
                outgoing.forget(channel)
        for channel, asked in wanted.items():
            known = self._cameras.get(channel)
            if known is not None:
                known.wish(asked)
            else:
                self._open(asked, outgoing)

    def _open(self, asked: Wanted, outgoing: Outgoing) -> None:
        camera_id = str(asked.camera_id)
        camera = self._camera(camera_id)
        if camera is None or len(self._cameras) >= CAMERAS_MAX:
            reason = LiveReason.NOT_CONFIGURED if camera is None else LiveReason.TOO_MANY
            said = CameraSays(camera_id=asked.camera_id, channel=asked.channel, state=LiveState.DOWN, reason=reason)
            outgoing.say(asked.channel, said.model_dump_json())
            return
        opened = LiveCamera(asked, camera, outgoing, self._clock, self._recordings, lambda: self._recording(camera_id))
        self._cameras[asked.channel] = opened
        opened.start()

    def _trouble(self, error: Exception) -> None:
        """Once for each kind of trouble, so that a week off-line is not a million lines."""
        text = type(error).__name__
        if isinstance(error, InvalidStatus):
            text = f"HTTP {error.response.status_code}"
        if text != self._said:
            _LOG.warning("no line to %s for live pictures: %s", self._url, text)
            self._said = text


def _send(line: ClientConnection, outgoing: Outgoing) -> None:
    """Blocks where the line does; meanwhile `outgoing` drops."""
    try:
        while (one := outgoing.take()) is not None:
            line.send(one)
    except (OSError, WebSocketException):
        outgoing.close()  # who reads learns it too, and dials again
