"""GStreamer's RTSP server as a process of the test, with what a camera may do: vanish, hang, come back, lose
pictures."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType

SCRIPT = Path(__file__).with_name("gst_rtsp_server.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class GstCamera:
    """`with GstCamera() as camera: camera.url`. The password is one that would show if it leaked."""

    user, password = "admin", "geheim-4711"

    def __init__(self, *options: str, auth: bool = True) -> None:
        self.port = free_port()
        self._options = [*options, *(["--user", self.user, "--password", self.password] if auth else [])]
        self._auth = auth
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.url_of("video")

    def url_of(self, mount: str, password: str | None = None) -> str:
        login = f"{self.user}:{password or self.password}@" if self._auth else ""
        return f"rtsp://{login}127.0.0.1:{self.port}/{mount}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["/usr/bin/python3", str(SCRIPT), "--port", str(self.port), *self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def drop(self, seconds: float) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(f"drop {seconds}\n".encode())
        self._process.stdin.flush()

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> GstCamera:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
