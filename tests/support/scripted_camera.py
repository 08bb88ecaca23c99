"""An RTSP server (RTP over TCP) that sends exactly the access units it is given, at the times and with the stamps it
is given, and whose every octet may be changed on its way out: the camera of the faults no real server will make.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType

from device_adapters.simulator.encoder import split_nals
from device_adapters.simulator.rtp import RtpSender, h264_payloads

_CONTENT_LENGTH = re.compile(rb"^content-length:\s*(\d+)", re.IGNORECASE | re.MULTILINE)
_CSEQ = re.compile(rb"^cseq:\s*(\d+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sent:
    """One access unit (Annex B). `at_s`: when, after PLAY; `timestamp`: its RTP stamp, 1/90000 s."""

    data: bytes
    at_s: float
    timestamp: int


Change = Callable[[str, bytes], bytes]
"""(what, octets) → octets sent instead. what: OPTIONS | DESCRIBE | SETUP | PLAY (the whole response), `sdp` (its body),
`unit` (an access unit), `frame` (one interleaved RTP packet)."""


class ScriptedCamera:
    """`sdp` None: one is made from the first unit's parameter sets. `units` is called at every PLAY."""

    def __init__(
        self, units: Callable[[], Iterable[Sent]], *, sets: Sequence[bytes] = (), sdp: bytes | None = None,
        change: Change | None = None,
    ) -> None:  # fmt: skip
        self._units = units
        self._sdp = sdp if sdp is not None else h264_sdp(sets)
        self._change = change or (lambda _what, data: data)
        self.plays = 0
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{self.port}/video"

    def __enter__(self) -> ScriptedCamera:
        threading.Thread(target=self._accept, name="scripted camera", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="scripted connection", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(30)
            buffer = b""
            while data := client.recv(65536):
                buffer += data
                while b"\r\n\r\n" in buffer:
                    head, _, buffer = buffer.partition(b"\r\n\r\n")
                    length = _CONTENT_LENGTH.search(head)
                    buffer = buffer[int(length[1]) if length else 0 :]
                    method = head.split(b" ", 1)[0].decode("latin-1")
                    cseq = _CSEQ.search(head)
                    client.sendall(self._answer(method, int(cseq[1]) if cseq else 0))
                    if method == "PLAY":
                        self.plays += 1
                        self._play(client)
                        return

    def _answer(self, method: str, cseq: int) -> bytes:
        lines, body = [], b""
        if method == "OPTIONS":
            lines = ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"]
        elif method == "DESCRIBE":
            body = self._change("sdp", self._sdp)
            lines = [f"Content-Base: {self.url}/", "Content-Type: application/sdp"]
        elif method == "SETUP":
            lines = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1;timeout=60"]
        elif method == "PLAY":
            lines = ["Session: 1", "Range: npt=now-"]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(["RTSP/1.0 200 OK", f"CSeq: {cseq}", *lines, "", ""]).encode()
        return self._change(method, head + body)

    def _play(self, client: socket.socket) -> None:
        sender = RtpSender(96)
        began = time.monotonic()
        for unit in self._units():
            if self._closing.wait(max(0.0, began + unit.at_s - time.monotonic())):
                return
            nals = list(split_nals(self._change("unit", unit.data)))
            payloads = h264_payloads(nals)
            for number, payload in enumerate(payloads):
                packet = sender.pack(payload, unit.timestamp, marker=number == len(payloads) - 1)
                client.sendall(self._change("frame", struct.pack("!BBH", 0x24, 0, len(packet)) + packet))


def h264_sdp(sets: Sequence[bytes]) -> bytes:
    """RFC 8866 and RFC 6184 §8.2.1; `sets`: SPS and PPS without start codes, or none."""
    sprop = f";sprop-parameter-sets={','.join(b64encode(one).decode() for one in sets)}" if sets else ""
    lines = (
        "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=scripted", "c=IN IP4 127.0.0.1", "t=0 0", "a=control:*",
        "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", f"a=fmtp:96 packetization-mode=1{sprop}",
        "a=control:track1",
    )  # fmt: skip
    return ("\r\n".join(lines) + "\r\n").encode()
