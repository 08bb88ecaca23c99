"""HTTP to one camera: bounded in time and size as a whole, never redirected, never through a proxy.

A library's read limit counts one read, so a camera that sends a byte every four seconds would hold its caller for
hours; here one deadline covers connecting, sending and the whole answer. Of certificates, which cameras sign
themselves, the fingerprint decides (`trust`), before a byte is sent. The password never travels in clear
(WS-UsernameToken digest or HTTP Digest; Basic is not spoken).
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import httpcore
import httpx

from config.clock import Clock
from device_adapters.cameras.onvif.trust import Trust
from device_adapters.interfaces import OnvifFault, OnvifFaultKind

LIMIT_S = 5.0  # one request, from connecting to the last byte of the answer
SOAP_LIMIT_BYTES = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of a response zeep reads, under the names it reads them by."""

    status_code: int
    headers: httpx.Headers
    content: bytes
    encoding: str = "utf-8"


class Wire:
    """Requests to one camera. With `digest` set, a 401 with a Digest challenge is answered (RFC 7616)."""

    def __init__(
        self, clock: Clock, user: str = "", password: str = "", limit_s: float = LIMIT_S, trust: Trust | None = None
    ) -> None:
        self._clock = clock
        self._trust = trust or Trust()
        self._limit_s = limit_s
        self._login = httpx.DigestAuth(user, password) if user else None
        self.digest = False
        self.digest_offered = False  # an answer 401 named Digest

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limit_bytes: int, *, digest: bool
    ) -> Answer:
        """One answer, of any status. Raises OnvifFault UNREACHABLE, SILENT, NOT_ONVIF, GARBAGE or CERTIFICATE."""
        request = httpx.Request(method, url, headers=dict(headers), content=body)
        if not digest or self._login is None:
            return self._send(request, body, limit_bytes)
        flow = self._login.sync_auth_flow(request)
        try:
            answer = self._send(next(flow), body, limit_bytes)
            request = flow.send(httpx.Response(answer.status_code, headers=answer.headers, request=request))
        except StopIteration:
            return answer
        except (httpx.HTTPError, KeyError, ValueError, NotImplementedError):
            fault = OnvifFault(OnvifFaultKind.GARBAGE, "the HTTP Digest challenge cannot be read")
        else:
            return self._send(request, body, limit_bytes)
        raise fault

    def _send(self, request: httpx.Request, body: bytes, limit_bytes: int) -> Answer:
        deadline = _Deadline(self._clock, self._limit_s)
        fault: OnvifFault
        try:
            with httpcore.ConnectionPool(ssl_context=_tls(), network_backend=_Backend(deadline, self._trust)) as pool:
                headers = [
                    *((key, value) for key, value in request.headers.raw if key.lower() not in _OWN_HEADERS),
                    (b"Accept-Encoding", b"identity"),
                    (b"Connection", b"close"),
                ]
                with pool.stream(
                    request.method, str(request.url), headers=headers, content=body or None, extensions=_TIMEOUTS
                ) as response:
                    content = bytearray()
                    for piece in response.iter_stream():
                        content += piece
                        if len(content) > limit_bytes:
                            raise OnvifFault(OnvifFaultKind.GARBAGE, f"an answer of more than {limit_bytes} bytes")
            answer = Answer(response.status, httpx.Headers(response.headers), bytes(content))
            challenge = answer.headers.get("WWW-Authenticate", "").lower()
            self.digest_offered |= answer.status_code == 401 and "digest " in challenge
            return answer
        except (httpcore.ConnectTimeout, httpcore.ConnectError):
            fault = OnvifFault(OnvifFaultKind.UNREACHABLE, "no connection")
        except (httpcore.TimeoutException, httpcore.NetworkError):
            fault = OnvifFault(OnvifFaultKind.SILENT, f"no whole answer within {self._limit_s:g} s")
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ssl.SSLError, ValueError):
            fault = OnvifFault(OnvifFaultKind.NOT_ONVIF, "the answer is not HTTP")
        raise fault


_OWN_HEADERS = (b"accept-encoding", b"connection")
_TIMEOUTS = {"timeout": {"connect": LIMIT_S, "read": LIMIT_S, "write": LIMIT_S, "pool": LIMIT_S}}


@cache
def _tls() -> ssl.SSLContext:
    """Without the library's own verification, which knows authorities only; `_Stream.start_tls` decides instead."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _Deadline:
    def __init__(self, clock: Clock, limit_s: float) -> None:
        self._clock = clock
        self._end = clock.monotonic() + limit_s

    def left(self) -> float:
        """Seconds; never 0 or less, which sockets take for "do not wait" or refuse."""
        return max(self._end - self._clock.monotonic(), 0.001)

    def left_to_read(self) -> float:
        if self._clock.monotonic() >= self._end:
            raise httpcore.ReadTimeout("deadline")
        return self.left()


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: _Deadline, trust: Trust) -> None:
        self._deadline = deadline
        self._trust = trust
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(host, port, self._deadline.left(), local_address, socket_options)
        return _Stream(stream, self._deadline, self._trust)


class _Stream(httpcore.NetworkStream):
    """A stream whose every wait is cut to what the deadline has left."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline, trust: Trust) -> None:
        self._inner = inner
        self._deadline = deadline
        self._trust = trust

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left_to_read())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            stream = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left())
        except httpcore.ConnectTimeout:
            raise OnvifFault(OnvifFaultKind.SILENT, "no TLS at this address, or no answer") from None
        except httpcore.ConnectError:
            raise OnvifFault(OnvifFaultKind.NOT_ONVIF, "no TLS at this address") from None
        try:
            self._trust.accept(stream.get_extra_info("ssl_object").getpeercert(True))  # in DER
        except OnvifFault:
            stream.close()
            raise
        return _Stream(stream, self._deadline, self._trust)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
