"""The centre, or another ASGI application, on a real port, in a thread of the test process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from supervisor.app import app_of
from supervisor.centre import Centre
from supervisor.live.sockets import WEBSOCKETS


@contextmanager
def serving(centre: Centre, port: int = 0) -> Iterator[str]:
    """The base URL while the block runs. `port` 0: any free one."""
    with serving_app(app_of(centre), port) as url:
        yield url


@contextmanager
def serving_app(app: ASGIApp, port: int = 0) -> Iterator[str]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2, **WEBSOCKETS)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)
