"""A TCP server that answers each connection with what the test says, for devices no simulator should be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


class HostileServer:
    """`with HostileServer(answer) as server: server.port`. `answer(connection, request)` runs once a connection;
    `requests` keeps what came in (its first 64 KiB)."""

    def __init__(self, answer: Callable[[socket.socket, bytes], None]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self._ended = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            request = _read(connection)
            self.requests.append(request)
            self._answer(connection, request)

    def wait(self, seconds: float) -> bool:
        """True when the test is over."""
        return self._ended.wait(seconds)

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listener.close()


def reply(status: str, body: bytes, *headers: str, content_type: str = "application/soap+xml") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def soap(body: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" '
        'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl">'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _read(connection: socket.socket) -> bytes:
    content = b""
    while b"\r\n\r\n" not in content and len(content) < 65536:
        piece = connection.recv(65536)
        if not piece:
            return content
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0].partition(b":")[2]) - len(body) if lengths else 0
    while missing > 0:
        piece = connection.recv(65536)
        if not piece:
            break
        content += piece
        missing -= len(piece)
    return content
