"""Addresses a camera gives of itself, put right and checked before anything goes there.

Behind NAT, a port forward or after a change of its address, a camera names itself by an address that is not reachable
or not its own. The host is always the one we reached it by; so a camera cannot send the box to another machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from device_adapters.cameras.address import DEFAULT_PORTS, Network, checked_address
from device_adapters.interfaces import CameraFault, CameraFaultKind, OnvifFault, OnvifFaultKind

HTTP_PORTS = {"http": 80, "https": 443}
DEVICE_SERVICE = "/onvif/device_service"  # ONVIF Core §5.1.1: the one path that is fixed
_MAX_URI = 1024


@dataclass(frozen=True, slots=True)
class Entrance:
    """How a camera is reached: `url` with a numeric host, for connections; `host` as a person wrote it."""

    url: str
    host: str
    networks: tuple[Network, ...]

    @property
    def shown(self) -> str:
        return urlsplit(self.url)._replace(query="").geturl()

    def service(self, told: object) -> str:
        """The address of a service the camera calls `told`: on the known host, and on the known port unless the camera
        names the known host itself. Over TLS where the camera was reached so, though many give http:// addresses even
        then. Raises OnvifFault GARBAGE, FORBIDDEN."""
        parts, known = _parts(told, HTTP_PORTS), urlsplit(self.url)
        same = _bare(parts) in (_bare(known), self.host) and (parts.scheme, known.scheme) != ("http", "https")
        base = f"{parts.scheme}://{_named(_bare(known))}:{_port(parts)}" if same else f"{known.scheme}://{known.netloc}"
        return _checked(f"{base}{_tail(parts)}", self.networks, HTTP_PORTS)

    def stream(self, told: object, user: str, password: str) -> str:
        """The stream the camera calls `told`: on the known host, with its own port and with the login, percent-encoded.
        The host stays as a person wrote it, so that a name goes on meaning the camera. Raises OnvifFault."""
        parts = _parts(told, DEFAULT_PORTS)
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        port = f":{parts.port}" if parts.port else ""
        url = f"{parts.scheme}://{login}{_named(self.host)}{port}{_tail(parts)}"
        _checked(url, self.networks, DEFAULT_PORTS)
        return url


def entrance(url_or_host: str, networks: Sequence[Network]) -> Entrance:
    """From what a person writes: `192.168.1.64`, `192.168.1.64:8080`, `camera.local` or a whole http(s):// address; a
    login in it is dropped. Raises OnvifFault FORBIDDEN, UNREACHABLE."""
    url = url_or_host if "://" in url_or_host else f"http://{_bare_host(url_or_host)}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise OnvifFault(OnvifFaultKind.FORBIDDEN, "the address cannot be read") from None
    path = parts.path if parts.path not in ("", "/") else DEVICE_SERVICE
    clean = parts._replace(netloc=parts.netloc.rpartition("@")[2], path=path, fragment="").geturl()
    return Entrance(_checked(clean, networks, HTTP_PORTS), host, tuple(networks))


def _bare_host(text: str) -> str:
    return f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text


def _parts(told: object, ports: dict[str, int]) -> SplitResult:
    """Parsed, of a scheme we speak, short, with a port that is one; or OnvifFault GARBAGE."""
    text = str(told or "").strip()
    try:
        parts = urlsplit(text)
        good = len(text) <= _MAX_URI and parts.scheme in ports and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise OnvifFault(OnvifFaultKind.GARBAGE, "the camera gave an address that cannot be read")
    return parts


def _bare(parts: SplitResult) -> str:
    return parts.hostname or ""


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _port(parts: SplitResult) -> int:
    return parts.port or HTTP_PORTS[parts.scheme]


def _tail(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _checked(url: str, networks: Sequence[Network], ports: dict[str, int]) -> str:
    try:
        return checked_address(url, networks, ports).url
    except CameraFault as error:
        forbidden = error.kind is CameraFaultKind.FORBIDDEN
        fault = OnvifFault(OnvifFaultKind.FORBIDDEN if forbidden else OnvifFaultKind.UNREACHABLE, error.detail)
    raise fault
