"""Does a camera send its callers elsewhere? FFmpeg follows an RTSP redirect (RFC 2326 §11.3) to any address, and no
option of it says no; so the camera is asked first, at the address that was checked, and a redirect ends the attempt.

What this does not see: a camera that redirects only after a login, or only the second caller. What such a camera
gains is one unauthenticated request to a host of its choice; a firewall around the box is the answer to it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from config.clock import Clock
from device_adapters.cameras.address import CameraAddress
from device_adapters.interfaces import CameraFault, CameraFaultKind

_MOST_BYTES = 65_536


@contextmanager
def not_redirected(address: CameraAddress, limit_s: float, clock: Clock) -> Iterator[None]:
    """OPTIONS and DESCRIBE without a login, as FFmpeg begins; open the stream inside the `with`: some cameras tear down
    what a DESCRIBE set up when its caller goes. Raises CameraFault FORBIDDEN for a redirect, NOT_VIDEO for an answer
    that is not RTSP, UNREACHABLE for none within `limit_s`. An rtsps address is not asked."""
    with ExitStack() as stack:
        fault = _asked(address, limit_s, clock, stack)
        if fault is not None:
            raise fault
        yield


def _asked(address: CameraAddress, limit_s: float, clock: Clock, stack: ExitStack) -> CameraFault | None:
    parts = urlsplit(address.url)
    if parts.scheme != "rtsp" or parts.hostname is None:
        return None
    target = f"rtsp://{parts.netloc.rpartition('@')[2]}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    until = clock.monotonic() + limit_s
    try:
        connection = stack.enter_context(socket.create_connection((parts.hostname, parts.port or 554), limit_s))
        for number, method in enumerate(("OPTIONS", "DESCRIBE"), 1):
            connection.sendall(f"{method} {target} RTSP/1.0\r\nCSeq: {number}\r\n\r\n".encode())
            fault = _fault(_head(connection, until, clock), address)
            if fault is not None:
                return fault
    except TimeoutError:
        return CameraFault(CameraFaultKind.UNREACHABLE, f"no answer from {address.shown} within {limit_s:g} s")
    except (BrokenPipeError, ConnectionResetError):
        return None  # some cameras hang up on a caller without a login: FFmpeg will name what is wrong
    except OSError as error:
        return CameraFault(CameraFaultKind.UNREACHABLE, f"{address.shown}: {error.strerror}")
    return None


def _fault(head: bytes, address: CameraAddress) -> CameraFault | None:
    if head and not head.startswith(b"RTSP/"):
        return CameraFault(CameraFaultKind.NOT_VIDEO, f"{address.shown} does not speak RTSP")
    if head.partition(b" ")[2].startswith(b"3"):
        detail = f"{address.shown} sends its callers to another address: enter that one"
        return CameraFault(CameraFaultKind.FORBIDDEN, detail)
    return None


def _head(connection: socket.socket, until: float, clock: Clock) -> bytes:
    """The header lines of one answer; empty when the camera hangs up (some do, without a login). A body is read as far
    as it came along. Raises TimeoutError."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < _MOST_BYTES:
        left = until - clock.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        received = connection.recv(4096)
        if not received:
            break
        data += received
    return data
