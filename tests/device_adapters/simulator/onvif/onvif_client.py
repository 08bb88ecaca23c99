"""SOAP made by hand: a client that says exactly what a test wants it to say, right or wrong."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from lxml import etree

from device_adapters.simulator.onvif.soap import NS

_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_NAMESPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())


def token(
    user: str, password: str, *, at: datetime | None = None, created: str | None = None, nonce: bytes | None = None
) -> str:
    """A Security header with a UsernameToken digest."""
    created = created or (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    nonce = os.urandom(16) if nonce is None else nonce
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()  # noqa: S324
    return (
        '<wsse:Security env:mustUnderstand="1"><wsse:UsernameToken>'
        f"<wsse:Username>{user}</wsse:Username>"
        f'<wsse:Password Type="{_WSS}-username-token-profile-1.0#PasswordDigest">{digest}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{_WSS}-soap-message-security-1.0#Base64Binary">'
        f"{base64.b64encode(nonce).decode()}</wsse:Nonce>"
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )


def envelope(body: str, header: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><env:Envelope {_NAMESPACES}>'
        f"<env:Header>{header}</env:Header><env:Body>{body}</env:Body></env:Envelope>"
    )


@dataclass(frozen=True)
class Answer:
    status: int
    root: etree._Element
    headers: httpx.Headers

    def text(self, path: str) -> str | None:
        return self.root.findtext(f".//{path}", namespaces=NS)

    def texts(self, path: str) -> list[str]:
        return [found.text or "" for found in self.root.iterfind(f".//{path}", NS)]

    def find(self, path: str) -> etree._Element:
        found = self.root.find(f".//{path}", NS)
        assert found is not None, etree.tostring(self.root)
        return found

    @property
    def fault(self) -> list[str]:
        """Codes of the fault, from general to particular; empty when there is none."""
        return self.texts("env:Fault//env:Value")


@dataclass
class OnvifClient:
    url: str
    user: str
    password: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10, trust_env=False))

    def address(self, service: str) -> str:
        """`media_service` → its address; a whole address stays what it is."""
        parts = urlsplit(self.url)
        return service if "://" in service else f"{parts.scheme}://{parts.netloc}/onvif/{service}"

    def send(self, body: str | bytes, service: str = "device_service", **options: object) -> httpx.Response:
        headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
        return self.http.post(self.address(service), content=body, headers=headers, **options)  # type: ignore[arg-type]

    def ask(self, body: str, service: str = "device_service", *, header: str | None = None) -> Answer:
        """With a good token, unless another `header` is given."""
        secured = token(self.user, self.password) if header is None else header
        answer = self.send(envelope(body, secured), service)
        return Answer(answer.status_code, etree.fromstring(answer.content), answer.headers)
