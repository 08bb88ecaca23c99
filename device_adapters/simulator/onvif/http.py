"""As much of HTTP/1.1 (RFC 9112) as a camera's little server knows: bounded requests in, responses out, kept alive."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from device_adapters.simulator.onvif.soap import MAX_BODY

MAX_HEAD = 16 * 1024  # octets, request line and headers together
_REQUEST_LINE = re.compile(r"([A-Z]{3,10}) (\S{1,2048}) HTTP/1\.([01])")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*)")
_REASONS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
    411: "Length Required", 413: "Content Too Large", 415: "Unsupported Media Type", 500: "Internal Server Error",
}  # fmt: skip


class BadRequest(Exception):
    """`status` is what to answer before the connection is closed."""

    def __init__(self, status: int = 400) -> None:
        super().__init__(_REASONS[status])
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str  # as it was sent
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    keep_alive: bool

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request; None when the other side has closed. Raises BadRequest; sets no time limit.

    The reader's own limit must be MAX_HEAD.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        if cut.partial.strip():
            raise BadRequest from None
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest from None
    lines = head.decode("latin-1").lstrip("\r\n").split("\r\n")
    start = _REQUEST_LINE.fullmatch(lines[0])
    if start is None:
        raise BadRequest
    headers: dict[str, str] = {}
    for line in lines[1:]:
        if not line:
            continue
        header = _HEADER.fullmatch(line)
        if header is None or (name := header[1].lower()) in headers:
            raise BadRequest
        headers[name] = header[2].strip()
    try:
        urlsplit(start[2])
    except ValueError:
        raise BadRequest from None
    body = await _read_body(reader, start[1], headers)
    keep = "close" not in headers.get("connection", "" if start[3] == "1" else "close").lower()
    return Request(start[1], start[2], headers, body, keep)


async def _read_body(reader: asyncio.StreamReader, method: str, headers: Mapping[str, str]) -> bytes:
    if "transfer-encoding" in headers or (method == "POST" and "content-length" not in headers):
        raise BadRequest(411)
    length = headers.get("content-length", "0")
    if not re.fullmatch(r"\d{1,10}", length, re.ASCII):
        raise BadRequest
    if int(length) > MAX_BODY:
        raise BadRequest(413)
    try:
        return await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        raise BadRequest from None


def response(
    status: int, body: bytes = b"", content_type: str = "application/soap+xml; charset=utf-8",
    headers: Iterable[tuple[str, str]] = (), *, keep_alive: bool = True,
) -> bytes:  # fmt: skip
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", "Server: LessonProof practice camera"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"Content-Length: {len(body)}", *([] if keep_alive else ["Connection: close"])]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
