"""SOAP 1.2 envelopes (W3C REC-soap12-part1): read with distrust, written plainly, and the faults in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

Element = Any  # lxml carries no types

NS = {
    "env": "http://www.w3.org/2003/05/soap-envelope",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "ter": "http://www.onvif.org/ver10/error",
    "tns1": "http://www.onvif.org/ver10/topics",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "wsrf-rw": "http://docs.oasis-open.org/wsrf/rw-2",
    "wsrf-bf": "http://docs.oasis-open.org/wsrf/bf-2",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "dn": "http://www.onvif.org/ver10/network/wsdl",
    "xs": "http://www.w3.org/2001/XMLSchema",
    "wsa4": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
}
MAX_BODY = 64 * 1024  # octets
# Prefixes used inside text (fault codes, topics, types), where no XML tool sees that they are needed.
_NAMED_IN_TEXT = ["ter", "tns1", "tds", "dn", "xs", "wsnt", "wsrf-rw"]
_UNDERSTOOD = {NS["wsse"], NS["wsa"], NS["wsa4"], NS["d"]}


class SoapFault(Exception):
    """What to answer instead. `code` is env:Sender, env:Receiver, …; `subcodes` go from general to particular."""

    def __init__(
        self, code: str, subcodes: Iterable[str], reason: str, *, status: int | None = None, detail: Element = None
    ) -> None:
        super().__init__(reason)
        self.code, self.subcodes, self.reason, self.detail = code, tuple(subcodes), reason, detail
        self.status = status or (500 if code == "env:Receiver" else 400)

    def element(self) -> Element:
        code = el("env:Code", el("env:Value", self.code))
        inner = code
        for subcode in self.subcodes:
            nested = el("env:Subcode", el("env:Value", subcode))
            inner.append(nested)
            inner = nested
        text = el("env:Text", self.reason)
        text.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
        fault = el("env:Fault", code, el("env:Reason", text))
        if self.detail is not None:
            fault.append(el("env:Detail", self.detail))
        return fault


def malformed(reason: str) -> SoapFault:
    return SoapFault("env:Sender", ["ter:WellFormed"], reason)


def invalid(subcode: str, reason: str) -> SoapFault:
    """A request that is understood and cannot be: ter:InvalidArgVal and the particular."""
    return SoapFault("env:Sender", ["ter:InvalidArgVal", subcode], reason)


@dataclass(frozen=True, slots=True)
class Envelope:
    header: Element | None
    content: Element  # the one child of the body

    def header_text(self, tag: str) -> str | None:
        if self.header is None:
            return None
        text = self.header.findtext(tag, namespaces=NS)
        return text.strip() if text else None


def read_envelope(data: bytes) -> Envelope:
    """Raises SoapFault for whatever is not one SOAP 1.2 message in UTF-8, without DTD, at most MAX_BODY octets."""
    if len(data) > MAX_BODY:
        raise malformed("message too large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("not UTF-8") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise malformed("a document type is not allowed")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise malformed("not well-formed XML") from None
    name = etree.QName(root)
    if name.localname != "Envelope":
        raise malformed("not a SOAP envelope")
    if name.namespace != NS["env"]:
        raise SoapFault("env:VersionMismatch", (), "only SOAP 1.2 is spoken here")
    header, body = root.find("env:Header", NS), root.find("env:Body", NS)
    if body is None or len(body) != 1 or len(root) != (1 if header is None else 2):
        raise malformed("an envelope has at most a header, and a body with one element")
    _check_understood(header)
    return Envelope(header, body[0])


def _check_understood(header: Element | None) -> None:
    for block in () if header is None else header:
        must = block.get(f"{{{NS['env']}}}mustUnderstand", "false")
        if must in ("1", "true") and etree.QName(block).namespace not in _UNDERSTOOD:
            raise SoapFault("env:MustUnderstand", (), f"{etree.QName(block).localname} is not understood")


def el(tag: str, *content: Element | Mapping[str, str] | str | None) -> Element:
    """`el("tt:Preset", {"token": "1"}, el("tt:Name", "door"))`; None among the content is left out."""
    prefix, _, name = tag.partition(":")
    made = etree.Element(f"{{{NS[prefix]}}}{name}", nsmap={prefix: NS[prefix]})
    for part in content:
        if isinstance(part, str):
            made.text = part
        elif isinstance(part, Mapping):
            made.attrib.update(part)
        elif part is not None:
            made.append(part)
    return made


def write_envelope(content: Element, header: Iterable[Element] = ()) -> bytes:
    envelope = el("env:Envelope")
    blocks = list(header)
    if blocks:
        envelope.append(el("env:Header", *blocks))
    envelope.append(el("env:Body", content))
    etree.cleanup_namespaces(envelope, top_nsmap=NS, keep_ns_prefixes=_NAMED_IN_TEXT)
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"))
