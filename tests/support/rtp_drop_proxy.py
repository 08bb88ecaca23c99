"""A switch between camera and box that fails on command: cuts the line, holds it, or loses exact RTP packets.

It reads RTSP over TCP just far enough (RFC 2326 §10.12: `$`, channel, length, packet) to leave out single packets
without the stream around them being torn, as a lossy link in front of a camera's own TCP sender does.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

_CHUNK = 65536
_CONNECT_S = 5.0


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """`number`: the how-many-th RTP packet of all that came through, from 0. `data`: with its RTP header."""

    number: int
    sequence: int
    timestamp: int
    data: bytes


class RtpDropProxy:
    """`with RtpDropProxy(camera.port) as proxy:` then connect to `proxy.port`.

    `loses`: asked for every RTP packet of the camera; True leaves it out. `lost` counts their octets after the RTP
    header, as a sender report counts (RFC 3550 §6.4.1), and `lost_packets` the packets.
    """

    def __init__(self, camera_port: int, loses: Callable[[RtpPacket], bool] | None = None) -> None:
        self.loses = loses
        self.lost = self.lost_packets = self.passed = 0
        self._camera = ("127.0.0.1", camera_port)
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._whole = threading.Event()
        self._whole.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> RtpDropProxy:
        threading.Thread(target=self._accept, name="switch", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._flowing.set()
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Every connection ends, and each new one ends at once, until `mend`."""
        self._whole.clear()
        with self._guard:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._whole.set()
        self._flowing.set()

    def hold(self) -> None:
        """The cable is out: connections stay open at both ends, and nothing comes through until `mend`."""
        self._flowing.clear()

    def _accept(self) -> None:
        while True:
            try:
                box, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(box,), name="line", daemon=True).start()

    def _join(self, box: socket.socket) -> None:
        with box, contextlib.suppress(OSError):
            if not self._whole.is_set():
                return
            with socket.create_connection(self._camera, timeout=_CONNECT_S) as camera:
                camera.settimeout(None)
                with self._guard:
                    self._open |= {box, camera}
                upward = threading.Thread(target=self._requests, args=(box, camera), name="requests", daemon=True)
                upward.start()
                try:
                    for piece in self._pieces(camera):
                        self._flowing.wait()
                        box.sendall(piece)
                finally:
                    with self._guard:
                        self._open -= {box, camera}
                    for end in (box, camera):
                        with contextlib.suppress(OSError):
                            end.shutdown(socket.SHUT_RDWR)
                    upward.join(_CONNECT_S)

    def _requests(self, box: socket.socket, camera: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := box.recv(_CHUNK):
                self._flowing.wait()
                camera.sendall(data)
            camera.shutdown(socket.SHUT_RDWR)

    def _pieces(self, camera: socket.socket) -> Iterator[bytes]:
        """Whole interleaved packets and whole responses, without the packets to lose."""
        buffer = b""
        while data := camera.recv(_CHUNK):
            buffer += data
            while size := _whole_size(buffer):
                piece, buffer = buffer[:size], buffer[size:]
                if not self._is_lost(piece):
                    yield piece

    def _is_lost(self, piece: bytes) -> bool:
        if piece[0] != 0x24 or piece[1] % 2 or len(piece) < 16:  # a response, or RTCP
            return False
        packet = RtpPacket(
            self.passed, int.from_bytes(piece[6:8], "big"), int.from_bytes(piece[8:12], "big"), piece[4:]
        )
        self.passed += 1
        if self.loses is None or not self.loses(packet):
            return False
        self.lost += len(packet.data) - 12
        self.lost_packets += 1
        return True


def _whole_size(buffer: bytes) -> int:
    """Octets of the first message in `buffer`; 0 while it is not whole."""
    if buffer[:1] == b"$":
        size = 4 + int.from_bytes(buffer[2:4], "big") if len(buffer) >= 4 else 0
        return size if len(buffer) >= size else 0
    head, found, _ = buffer.partition(b"\r\n\r\n")
    if not found:
        return 0
    body = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            body = int(value)
    size = len(head) + 4 + body
    return size if len(buffer) >= size else 0
