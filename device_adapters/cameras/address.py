"""Where a camera may live: the check of its address before a connection is tried, and the form of it that may be shown.

A camera's URL comes from a file a person wrote; a wrong or hostile one must not make the box call other machines
(SSRF). The name is resolved once, every answer must lie in the site's camera networks, and the stream is opened at
the address that was checked, so a second answer of the name server changes nothing.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from device_adapters.interfaces import CameraFault, CameraFaultKind

Network = IPv4Network | IPv6Network

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
_ODD = re.compile(r"[\x00-\x20\x7f\\\"'<>`{}|^]|[^\x00-\x7f]")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")
_SECRET_QUERY = re.compile(r"((?:user(?:name)?|pass(?:word|wd)?|pwd|token|auth)=)[^&\s'\"]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """`url` carries the password and a numeric host: for the connection only. `shown` carries neither secret: for
    people."""

    url: str
    shown: str

    def __repr__(self) -> str:
        return f"CameraAddress({self.shown!r})"


def redact(text: str, *secrets: str) -> str:
    """`text` without user names and passwords of URLs in it, and without each of `secrets`."""
    for secret in sorted((secret for secret in secrets if len(secret) >= 3), key=len, reverse=True):
        text = text.replace(secret, "***")
    return _SECRET_QUERY.sub(r"\1***", _USERINFO.sub("***@", text))


def checked_address(url: str, networks: Sequence[Network], ports: Mapping[str, int] = DEFAULT_PORTS) -> CameraAddress:
    """Parse, resolve and check `url`, whose scheme is one of `ports` (scheme: default port). Raises CameraFault
    FORBIDDEN for an address that is not allowed or not clean, and UNREACHABLE for a name that does not resolve. An IPv4
    address mapped into IPv6 (::ffff:a.b.c.d) counts as the IPv4 one."""
    if _ODD.search(url):
        raise CameraFault(CameraFaultKind.FORBIDDEN, "the camera URL has characters a URL may not have")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise CameraFault(CameraFaultKind.FORBIDDEN, "the camera URL cannot be read") from None
    if parts.scheme not in ports:
        begins = " or ".join(f"{scheme}://" for scheme in ports)
        raise CameraFault(CameraFaultKind.FORBIDDEN, f"a camera URL begins with {begins}")
    if not _HOST.fullmatch(host):
        raise CameraFault(CameraFaultKind.FORBIDDEN, "the camera URL names no clean host")
    port = ports[parts.scheme] if port is None else port
    found = _resolve(host, port)
    if not found:
        raise CameraFault(CameraFaultKind.UNREACHABLE, f"the name {host} does not resolve")
    outside = [address for address in found if not any(address in network for network in networks)]
    if outside:
        raise CameraFault(CameraFaultKind.FORBIDDEN, f"{outside[0]} lies outside the camera networks of this site")
    numeric = f"[{found[0]}]" if found[0].version == 6 else str(found[0])
    userinfo = parts.netloc.rpartition("@")[0]
    tail = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named = f"[{host}]" if ":" in host else host
    return CameraAddress(
        url=f"{parts.scheme}://{userinfo + '@' if userinfo else ''}{numeric}:{port}{tail}",
        shown=redact(f"{parts.scheme}://{named}:{port}{tail}"),
    )


def _resolve(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    """Every address of `host`, in the resolver's order. The resolver's own time limit holds (resolv.conf)."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    found = []
    for *_, sockaddr in answers:
        address = ip_address(str(sockaddr[0]).partition("%")[0])
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        found.append(mapped or address)
    return found
