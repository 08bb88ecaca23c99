"""The practice camera's RTSP server against damaged requests: it answers, hangs up, and still serves the next one."""

from __future__ import annotations

import contextlib
import random
import socket
import time

from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec
from tests.fuzz.failure import Failure, errors_logged
from tests.fuzz.mutate import mutated, mutated_lines

CASE_LIMIT_S = 5.0
_PATH = "/room-101"


def requests(url: str, random_source: random.Random) -> bytes:
    """A conversation in one go; some of it is damaged."""
    lines = [
        f"OPTIONS {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n",
        f'DESCRIBE {url} RTSP/1.0\r\nCSeq: 3\r\nAuthorization: Digest username="camera", realm="x", nonce="0", '
        f'uri="{url}", response="00000000000000000000000000000000"\r\n\r\n',
        f"SETUP {url}/trackID=0 RTSP/1.0\r\nCSeq: 4\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
        f"PLAY {url} RTSP/1.0\r\nCSeq: 5\r\nSession: 1\r\n\r\n",
        f"GET_PARAMETER {url} RTSP/1.0\r\nCSeq: 6\r\nContent-Length: 4\r\n\r\nabcd",
    ]
    pieces = [line.encode() for line in lines] + [b"$\x01\x00\x08\x80\xc8\x00\x01\x00\x00\x00\x01"]
    for where in random_source.sample(range(len(pieces)), random_source.randint(1, 3)):
        damage = random_source.choice((mutated, mutated_lines))
        pieces[where] = damage(pieces[where], random_source)
    random_source.shuffle(pieces)
    return b"".join(pieces)


def fuzz(first: int, seconds: float) -> tuple[int, list[Failure]]:
    """Cases from seed `first` on for `seconds`; how many, and what went wrong."""
    failures, seed = [], first
    with errors_logged() as errors, PracticeCameras([CameraSpec(path=_PATH, people=1)]) as cameras:
        url = f"rtsp://127.0.0.1:{cameras.port}{_PATH}"
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            what = _one(cameras.port, requests(url, random.Random(seed)), url) or "".join(errors)
            if what:
                failures.append(Failure(seed, what[-1500:]))
                errors.clear()
            seed += 1
    return seed - first, failures


def _one(port: int, data: bytes, url: str) -> str:
    """Send it, read what comes; then a clean receiver must be answered at once. What went wrong, or nothing."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=CASE_LIMIT_S) as client:
        client.settimeout(0.02)
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(TimeoutError):
            while client.recv(65536):
                pass
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=CASE_LIMIT_S) as client:
            client.sendall(f"OPTIONS {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            answer = client.recv(4096)
    except OSError as error:
        return f"no answer to the next receiver: {error!r}"
    return "" if answer.startswith(b"RTSP/1.0 ") else f"a strange answer to the next receiver: {answer[:80]!r}"
