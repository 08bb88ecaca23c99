"""How a service says what it answers: one `Operation` a request, with the shape that the request must have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lxml import etree

from device_adapters.simulator.onvif.soap import NS, Element, Envelope, SoapFault


@dataclass(frozen=True, slots=True)
class Asked:
    """One request on its way to an operation."""

    content: Element
    envelope: Envelope
    path: str
    now: datetime  # on the camera's clock
    http_base: str  # http://host:port as this camera says it, which behind NAT is not as the client knows it
    rtsp_base: str  # rtsp://host:port

    def text(self, name: str, default: str = "") -> str:
        """Text of the request's child `a`, or of `a/b`, where all below the child is of the common schema (tt)."""
        first, *rest = name.split("/")
        steps = [f"{{{self._namespace}}}{first}", *(f"{{{NS['tt']}}}{part}" for part in rest)]
        return (self.content.findtext("/".join(steps)) or default).strip()

    def texts(self, name: str) -> list[str]:
        return [(child.text or "").strip() for child in self.content.iterfind(f"{{{self._namespace}}}{name}")]

    @property
    def _namespace(self) -> str:
        name = etree.QName(self.content).namespace
        assert isinstance(name, str)
        return name


@dataclass(frozen=True, slots=True)
class Operation:
    """`children`: local names in schema order; those with `!` must be there, others may."""

    answer: Callable[[Asked], Awaitable[Element]]
    children: tuple[str, ...] = ()
    is_public: bool = False  # access class PRE_AUTH (ONVIF Core Specification §5.9.4.1)

    def check(self, request: Element) -> None:
        """Raises SoapFault for a child that is unknown, of another namespace, out of order, or missing."""
        order = [name.rstrip("!") for name in self.children]
        place = 0
        for child in request:
            name = etree.QName(child).localname
            if name not in order[place:] or etree.QName(child).namespace != etree.QName(request).namespace:
                raise SoapFault("env:Sender", ["ter:InvalidArgs"], f"{name} is unknown or out of order")
            place = order.index(name)
        present = {etree.QName(child).localname for child in request}
        for name in self.children:
            if name.endswith("!") and name.rstrip("!") not in present:
                raise SoapFault("env:Sender", ["ter:InvalidArgs"], f"{name.rstrip('!')} is missing")


class Service(Protocol):
    @property
    def prefixes(self) -> tuple[str, ...]:
        """Of the namespaces of its requests, in soap.NS; the first is the service's own."""

    @property
    def path(self) -> str: ...

    @property
    def operations(self) -> Mapping[str, Operation]: ...

    def capabilities(self) -> Element:
        """What GetServiceCapabilities answers inside its response, and GetServices when asked to include it."""
