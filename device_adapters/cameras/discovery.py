"""Cameras that answer a WS-Discovery probe on the local network (ONVIF Core §7, WS-Discovery April 2005).

UDP answers can come from anyone: one is taken only if it relates to our question, is small and clean, and names an
address within the site's camera networks.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

import psutil
from lxml import etree

from config.clock import Clock
from device_adapters.cameras.address import Network, checked_address
from device_adapters.cameras.onvif.addresses import HTTP_PORTS
from device_adapters.cameras.onvif.plain import plain
from device_adapters.interfaces import CameraFault

GROUP, PORT = "239.255.255.250", 3702
_MAX_ANSWERS = 512
_MAX_BYTES = 32 * 1024
_TYPES = ("dn:NetworkVideoTransmitter", "tds:Device")
_SCOPE = "onvif://www.onvif.org/"
_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"
 xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Header>
<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>
<a:MessageID>urn:uuid:{id}</a:MessageID><a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>
</s:Header><s:Body><d:Probe><d:Types>{types}</d:Types></d:Probe></s:Body></s:Envelope>"""


@dataclass(frozen=True, slots=True)
class DiscoveredCamera:
    """What a device says of itself before anybody logs in. Texts are plain; `urls` are checked, at least one."""

    endpoint: str  # its stable name, mostly urn:uuid:…
    urls: tuple[str, ...]
    name: str
    hardware: str
    location: str
    sender: str  # numeric address the answer came from


def discover(
    *,
    networks: Sequence[Network],
    clock: Clock,
    limit_s: float = 4.0,
    interface: str | None = None,
    host: str | None = None,
    port: int = PORT,
) -> list[DiscoveredCamera]:
    """Each camera once, in order of address; ends after `limit_s`. `interface`: only there (a name or an IPv4 address);
    otherwise on every one. `host`: ask this one machine, where multicast does not reach.

    Raises OSError when `interface` does not exist or nothing could be sent at all.
    """
    questions = [uuid4() for _ in _TYPES]
    found: dict[str, DiscoveredCamera] = {}
    with ExitStack() as stack:
        sockets = [stack.enter_context(opened) for opened in _sockets(interface, host)]
        if not _ask(sockets, questions, host or GROUP, port):
            raise OSError("no network interface took the question")
        end = clock.monotonic() + limit_s
        asked_again = False
        answers = 0
        while (left_s := end - clock.monotonic()) > 0 and answers < _MAX_ANSWERS:
            ready, _, _ = select.select(sockets, [], [], min(left_s, limit_s / 4))
            for readable in ready:
                answers += 1
                with suppress(OSError):
                    content, sender = readable.recvfrom(_MAX_BYTES)
                    for camera in read_answer(content, str(sender[0]), questions, networks):
                        found.setdefault(camera.endpoint, camera)
            if not asked_again and left_s < limit_s * 0.7:  # datagrams get lost
                asked_again = True
                _ask(sockets, questions, host or GROUP, port)
    return sorted(found.values(), key=lambda camera: camera.urls)


def read_answer(
    content: bytes, sender: str, questions: Sequence[UUID], networks: Sequence[Network]
) -> Iterator[DiscoveredCamera]:
    """The cameras one datagram tells; nothing for anything that is not a clean answer to one of `questions`."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except (etree.XMLSyntaxError, ValueError):
        return
    related = root.findtext("{*}Header/{*}RelatesTo") or ""
    if root.getroottree().docinfo.doctype or not any(str(question) in related.lower() for question in questions):
        return
    for match in list(root.iterfind("{*}Body/{*}ProbeMatches/{*}ProbeMatch"))[:16]:
        endpoint = plain(match.findtext("{*}EndpointReference/{*}Address"))
        urls = tuple(_allowed((match.findtext("{*}XAddrs") or "").split()[:8], networks))
        scopes = (match.findtext("{*}Scopes") or "").split()[:64]
        if endpoint and urls:
            told = {kind: _scope(scopes, kind) for kind in ("name", "hardware", "location")}
            yield DiscoveredCamera(endpoint, urls, **told, sender=sender)


def _allowed(urls: Sequence[str], networks: Sequence[Network]) -> Iterator[str]:
    for url in urls:
        with suppress(CameraFault, ValueError):
            if len(url) <= 256 and _numeric(urlsplit(url).hostname or ""):  # a name would be looked up for a stranger
                checked_address(url, networks, HTTP_PORTS)
                yield url


def _numeric(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            socket.inet_pton(family, host.partition("%")[0])
            return True
    return False


def _scope(scopes: Sequence[str], kind: str) -> str:
    prefix = f"{_SCOPE}{kind}/"
    return " ".join(plain(unquote(scope[len(prefix) :]), 64) for scope in scopes if scope.startswith(prefix))[:200]


def _sockets(interface: str | None, host: str | None) -> Iterator[socket.socket]:
    if host is not None:
        yield socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        return
    for address in _interfaces(interface):
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        opened.bind((address, 0))
        yield opened


def _interfaces(wanted: str | None) -> list[str]:
    here = {
        name: [entry.address for entry in entries if entry.family == socket.AF_INET]
        for name, entries in psutil.net_if_addrs().items()
    }
    every = [address for addresses in here.values() for address in addresses]
    if wanted is None:
        return every
    chosen = here.get(wanted) or [address for address in every if address == wanted]
    if not chosen:
        raise OSError(f"no interface {wanted} with an IPv4 address")
    return chosen


def _ask(sockets: Sequence[socket.socket], questions: Sequence[UUID], host: str, port: int) -> int:
    """How many datagrams were sent."""
    sent = 0
    for opened in sockets:
        for question, types in zip(questions, _TYPES, strict=True):
            with suppress(OSError):  # an interface that is down, or without multicast
                opened.sendto(_PROBE.format(id=question, types=types).encode(), (host, port))
                sent += 1
    return sent
