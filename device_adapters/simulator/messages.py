"""RTSP 1.0 messages (RFC 2326) on a stream: requests in, responses out, interleaved packets both ways (§10.12).

Everything read is bounded in size; whatever is not RTSP raises `BadMessage` with the status to answer.
"""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAX_HEAD, MAX_BODY = 8192, 4096  # octets
_REQUEST_LINE = re.compile(r"([A-Z_]{3,20}) (\S{1,2048}) RTSP/(\d\.\d)")
_HEADER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:[ \t]*([^\r\n]*)")

REASONS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
    413: "Request Entity Too Large", 454: "Session Not Found", 455: "Method Not Valid in This State",
    461: "Unsupported Transport", 501: "Not Implemented", 505: "RTSP Version Not Supported",
    551: "Option not supported",
}  # fmt: skip


class BadMessage(Exception):
    """`status` is what to answer; the connection must be closed, because where the next message starts is unknown."""

    def __init__(self, status: int = 400) -> None:
        super().__init__(REASONS[status])
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    uri: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""

    @property
    def cseq(self) -> str:
        return self.headers["cseq"]


@dataclass(frozen=True, slots=True)
class Interleaved:
    channel: int
    packet: bytes


async def read_message(reader: asyncio.StreamReader) -> Request | Interleaved | None:
    """The next message; None when the other side has closed. Raises BadMessage, ConnectionError; sets no time limit."""
    try:
        first = await reader.readexactly(1)
        while first in b"\r\n":
            first = await reader.readexactly(1)
        if first == b"$":
            channel, length = struct.unpack("!BH", await reader.readexactly(3))
            return Interleaved(channel, await reader.readexactly(length))
        return await _read_request(first, reader)
    except asyncio.IncompleteReadError:
        return None


async def _read_request(first: bytes, reader: asyncio.StreamReader) -> Request:
    line, size = await _line(reader, MAX_HEAD)
    start = _REQUEST_LINE.fullmatch(first.decode("latin-1") + line)
    if start is None:
        raise BadMessage
    headers: dict[str, str] = {}
    while True:
        line, used = await _line(reader, MAX_HEAD - size)
        size += used
        if not line:
            break
        header = _HEADER.fullmatch(line)
        if header is None:
            raise BadMessage
        headers[header[1].lower()] = header[2].strip()
    if start[3] != "1.0":
        raise BadMessage(505)
    if not re.fullmatch(r"\d{1,10}", headers.get("cseq", ""), re.ASCII):
        raise BadMessage
    length = headers.get("content-length", "0")
    if not re.fullmatch(r"\d{1,10}", length, re.ASCII):
        raise BadMessage
    if int(length) > MAX_BODY:
        raise BadMessage(413)
    return Request(start[1], start[2], headers, await reader.readexactly(int(length)))


async def _line(reader: asyncio.StreamReader, room: int) -> tuple[str, int]:
    """One line without its ending, and how many octets it took of `room`."""
    try:
        raw = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError:
        raise BadMessage from None
    except asyncio.IncompleteReadError:
        raise BadMessage from None  # closed in the middle of a request
    if len(raw) > room:
        raise BadMessage
    return raw.decode("utf-8", "replace").rstrip("\r\n"), len(raw)


def response(status: int, cseq: str | None, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> bytes:
    lines = [f"RTSP/1.0 {status} {REASONS[status]}"]
    if cseq is not None:
        lines.append(f"CSeq: {cseq}")
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def interleaved(channel: int, packet: bytes) -> bytes:
    return struct.pack("!BBH", 0x24, channel, len(packet)) + packet
