"""WS-Discovery 2005/04 over UDP multicast: Hello, ProbeMatches, ResolveMatches and Bye for the practice cameras."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import uuid
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

from config.clock import Clock
from config.errors import LessonProofError
from device_adapters.simulator.onvif.device import OnvifDevice
from device_adapters.simulator.onvif.device_service import scopes
from device_adapters.simulator.onvif.soap import NS, Element, Envelope, SoapFault, el, read_envelope, write_envelope

GROUP, PORT = "239.255.255.250", 3702
_EVERYONE = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
_WHO_ASKED = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_STRCMP = f"{NS['d']}/strcmp0"
_BY_PREFIX = ("", f"{NS['d']}/rfc3986", "http://schemas.xmlsoap.org/ws/2005/04/discovery/rfc2396")
_TYPES = {(NS["dn"], "NetworkVideoTransmitter"), (NS["tds"], "Device")}

log = logging.getLogger(__name__)


class Discovery(asyncio.DatagramProtocol):
    """`async with Discovery(...)`: Hello at the start, Bye at the end. What is not understood is not answered."""

    def __init__(self, devices: Sequence[OnvifDevice], host: str, clock: Clock) -> None:
        self._devices, self._host = devices, host
        self._instance, self._numbers = int(clock.now().timestamp()), count(1)
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Discovery:
        try:
            door = _multicast_socket(self._host)
        except OSError as error:
            raise LessonProofError(
                "PRACTICE_CAMERA_ADDRESS",
                zh=f"无法在 {self._host} 上使用 WS-Discovery(UDP {PORT}):{error.strerror}",
                en=f"WS-Discovery (UDP {PORT}) cannot be used on {self._host}: {error.strerror}",
                where="discovery",
            ) from None
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=door)
        for device in self._devices:
            self._send("Hello", self._describe(device, "Hello", _own_address(self._host, GROUP)))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        for device in self._devices:
            self._send("Bye", el("d:Bye", _reference(device)))
        self._transport.close()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        try:
            asked = read_envelope(data)
            for device in self._devices:
                if not device.camera.is_down and device.camera.answering.is_set():
                    self._answer(asked, device, sender)
        except SoapFault as fault:
            log.debug("a datagram was not for us: %s", fault)

    def error_received(self, exc: Exception) -> None:
        log.debug("an answer could not be delivered: %s", exc)

    def _answer(self, asked: Envelope, device: OnvifDevice, sender: tuple[str, int]) -> None:
        number = asked.header_text("wsa4:MessageID")
        match asked.content.tag.removeprefix(f"{{{NS['d']}}}"):
            case "Probe" if _is_meant(asked.content, device):
                name = "Probe"
            case "Resolve" if asked.content.findtext("wsa4:EndpointReference/wsa4:Address", "", NS) == device.name:
                name = "Resolve"
            case _:
                return
        if number is not None:
            found = self._describe(device, f"{name}Match", _own_address(self._host, sender[0]))
            self._send(f"{name}Matches", el(f"d:{name}Matches", found), sender, number)

    def _describe(self, device: OnvifDevice, tag: str, host: str) -> Element:
        return el(
            f"d:{tag}",
            _reference(device),
            el("d:Types", "dn:NetworkVideoTransmitter tds:Device"),
            el("d:Scopes", " ".join(scopes(device.camera.spec))),
            el("d:XAddrs", device.url(host)),
            el("d:MetadataVersion", "1"),
        )

    def _send(
        self, name: str, content: Element, to: tuple[str, int] = (GROUP, PORT), relates_to: str | None = None
    ) -> None:
        assert self._transport is not None
        header = [
            el("wsa4:MessageID", uuid.uuid4().urn),
            None if relates_to is None else el("wsa4:RelatesTo", relates_to),
            el("wsa4:To", _EVERYONE if relates_to is None else _WHO_ASKED),
            el("wsa4:Action", f"{NS['d']}/{name}"),
            el("d:AppSequence", {"InstanceId": str(self._instance), "MessageNumber": str(next(self._numbers))}),
        ]
        with suppress(OSError):  # a network without multicast is a network without discovery
            self._transport.sendto(write_envelope(content, [part for part in header if part is not None]), to)


def _is_meant(probe: Element, device: OnvifDevice) -> bool:
    """Whether every type and every scope asked for is this device's (WS-Discovery §5.1)."""
    types, wanted = probe.find("d:Types", NS), probe.find("d:Scopes", NS)
    for name in "" if types is None else (types.text or "").split():
        prefix, _, local = name.rpartition(":")
        if (types.nsmap.get(prefix or None), local) not in _TYPES:
            return False
    if wanted is None:
        return True
    own, rule = scopes(device.camera.spec), wanted.get("MatchBy", "")
    for scope in (wanted.text or "").split():
        if rule in _BY_PREFIX:
            found = any(has == scope or has.startswith(scope.rstrip("/") + "/") for has in own)
        else:
            found = rule == _STRCMP and scope in own
        if not found:
            return False
    return True


def _reference(device: OnvifDevice) -> Element:
    return el("wsa4:EndpointReference", el("wsa4:Address", device.name))


def _multicast_socket(host: str) -> socket.socket:
    """Hears the group on the interface with this address. Others that share the port may listen beside it."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((GROUP, PORT))
        own = socket.inet_aton(host)
        door.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4s", socket.inet_aton(GROUP), own))
        door.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
        door.setblocking(False)
    except OSError:
        door.close()
        raise
    return door


def _own_address(host: str, peer: str) -> str:
    """The address under which `peer` reaches us."""
    if host != "0.0.0.0":  # noqa: S104 - only compared
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((peer, PORT))
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address
