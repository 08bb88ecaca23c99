"""A small RTSP client that shows the bare answers, for tests of what players hide."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from device_adapters.simulator.digest import Credentials, response


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, list[str]]  # names in lower case
    body: bytes

    def header(self, name: str) -> str:
        return self.headers[name][0]


class RtspClient:
    def __init__(self, url: str, password: str | None = None, algorithm: str = "MD5") -> None:
        parts = urlsplit(url)
        self.url = f"rtsp://{parts.hostname}:{parts.port}{parts.path}"
        self.who = Credentials(parts.username or "", password if password is not None else parts.password or "")
        self.algorithm = algorithm
        self.nonce: str | None = None
        self.session: str | None = None
        self.cseq = 0
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=10)
        self.stream = self.socket.makefile("rb")

    def __enter__(self) -> RtspClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self.socket.close()

    def ask(self, method: str, url: str | None = None, **headers: str) -> Answer:
        """One request, with the password when a nonce is known."""
        self.cseq += 1
        url = url or self.url
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self.cseq}"]
        if self.nonce:
            proof = response(self.algorithm, self.who, self.nonce, method, url)
            lines.append(
                f'Authorization: Digest username="{self.who.user}", realm="LessonProof practice camera", '
                f'nonce="{self.nonce}", uri="{url}", response="{proof}", algorithm={self.algorithm}'
            )
        if self.session:
            lines.append(f"Session: {self.session}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return self.answer()

    def answer(self) -> Answer:
        """The next answer; packets before it are thrown away. Raises EOFError when the server has closed."""
        while (first := self.stream.read(1)) == b"$":
            self._packet()
        head = (first + self.stream.readline()).decode()
        if not first:
            raise EOFError
        headers: dict[str, list[str]] = {}
        while line := self.stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers.setdefault(name.lower(), []).append(value.strip())
        status = re.match(r"RTSP/1\.0 (\d{3}) ", head)
        assert status, head
        return Answer(int(status[1]), headers, self.stream.read(int(headers.get("content-length", ["0"])[0])))

    def log_in(self) -> Answer:
        """DESCRIBE with the password; once more before it, for the nonce, when there is none yet."""
        if self.nonce:
            return self.ask("DESCRIBE")
        challenge = self.ask("DESCRIBE").headers["www-authenticate"][-1]
        nonce = re.search(r'nonce="([0-9a-f]+)"', challenge)
        assert nonce
        self.nonce = nonce[1]
        return self.ask("DESCRIBE")

    def play(self) -> Answer:
        assert self.log_in().status == 200
        setup = self.ask("SETUP", f"{self.url}/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        assert setup.status == 200
        self.session = setup.header("session").partition(";")[0]
        return self.ask("PLAY", Range="npt=now-")

    def packets(self) -> Iterator[tuple[int, bytes]]:
        """(channel, packet) until the server closes; nothing but packets may come."""
        while first := self.stream.read(1):
            assert first == b"$"
            yield self._packet()

    def _packet(self) -> tuple[int, bytes]:
        channel, length = struct.unpack("!BH", self.stream.read(3))
        return channel, self.stream.read(length)
