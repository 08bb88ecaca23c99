"""SOAP calls to one camera through onvif-zeep, with the camera's time in every login and one typed fault for all that
can go wrong.

Two ways to log in, tried in this order and then kept: WS-UsernameToken digest (ONVIF Core §5.9.1), and HTTP Digest for
cameras that know nothing else. A wrong password so costs two attempts at most: cameras lock accounts.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from lxml import etree
from zeep import Client
from zeep import exceptions as zeep_errors
from zeep.loader import parse_xml
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

from config.clock import Clock
from device_adapters.cameras.onvif.plain import plain
from device_adapters.cameras.onvif.schema import SETTINGS, document, onvif_zeep, wsdl_folder
from device_adapters.cameras.onvif.trust import Trust
from device_adapters.cameras.onvif.wire import SOAP_LIMIT_BYTES, Answer, Wire
from device_adapters.interfaces import OnvifFault, OnvifFaultKind

_SOAP_STATUS = (200, 202, 400, 500)
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_UNAUTHORIZED = ("NotAuthorized", "FailedAuthentication", "InvalidSecurity", "FailedCheck", "NotAuthorised")


class Caller:
    """Calls to one camera. Not for use by two threads at once without its lock, which every call takes."""

    def __init__(self, clock: Clock, user: str, password: str, limit_s: float, trust: Trust) -> None:
        self._user, self._password = user, password
        self._wire = Wire(clock, user, password, limit_s, trust)
        self._transport = _WireTransport(self._wire)
        self._clock = clock
        self._services: dict[tuple[str, str], Any] = {}
        self._lock = threading.RLock()
        self.offset = timedelta(0)  # camera's clock less this machine's; set before the first call that logs in

    def call(
        self,
        service: str,
        binding: str,
        address: str,
        operation: str,
        params: Mapping[str, Any] | None = None,
        *,
        login: bool = True,
    ) -> Any:
        """zeep's answer to `operation`. `service` names the WSDL, `binding` the port within it. Raises OnvifFault."""

        def ask() -> Any:
            onvif = onvif_zeep()
            fault: OnvifFault
            try:
                return getattr(self._service(service, binding, address, login), operation)(dict(params or {}))
            except onvif.ONVIFError as error:
                fault = self._fault(error.__context__)
            raise fault

        return self._logged_in(ask)

    @property
    def digest_offered(self) -> bool:
        """The camera asked for HTTP Digest; a refusal after that is about user or password."""
        return self._wire.digest_offered

    def ask_raw(self, address: str, body: etree._Element) -> etree._Element:
        """The soap:Body of the answer to `body`, for services whose WSDL onvif-zeep lacks. Raises OnvifFault."""

        def ask() -> etree._Element:
            envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"s": _SOAP})
            etree.SubElement(envelope, f"{{{_SOAP}}}Header")
            etree.SubElement(envelope, f"{{{_SOAP}}}Body").append(body)
            token = self._token()
            if token is not None:
                envelope, _ = token.apply(envelope, {})
            action = etree.QName(body).namespace + "/" + etree.QName(body).localname
            headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}
            fault: OnvifFault
            try:
                answer = self._transport.post_xml(address, envelope, headers)  # type: ignore[no-untyped-call]
                root = parse_xml(answer.content, self._transport, settings=SETTINGS)
            except (zeep_errors.Error, etree.LxmlError, ValueError, AttributeError):
                fault = OnvifFault(OnvifFaultKind.GARBAGE, "the answer is not XML")
            else:
                return _body(root, self._password)
            raise fault

        return self._logged_in(ask)

    def get(self, address: str, limit_bytes: int) -> Answer:
        """A plain GET, logged in by HTTP Digest when asked to. Raises OnvifFault."""
        with self._lock:
            answer = self._wire.request("GET", address, {}, b"", limit_bytes, digest=True)
        if answer.status_code in (401, 403):
            raise OnvifFault(OnvifFaultKind.UNAUTHORIZED, f"HTTP {answer.status_code}")
        if answer.status_code != 200:
            raise OnvifFault(OnvifFaultKind.REFUSED, f"HTTP {answer.status_code}")
        return answer

    def _logged_in(self, ask: Any) -> Any:
        with self._lock:
            try:
                return ask()
            except OnvifFault as fault:
                again = fault.kind is OnvifFaultKind.UNAUTHORIZED and self._wire.digest_offered and self._user
                if not again or self._wire.digest:
                    raise
            self._wire.digest = True
            self._services.clear()
            try:
                return ask()
            except OnvifFault as fault:
                if fault.kind is OnvifFaultKind.UNAUTHORIZED:
                    self._wire.digest = False
                    self._services.clear()
                raise

    def _token(self) -> CameraToken | None:
        if not self._user or self._wire.digest:
            return None
        return CameraToken(self._user, self._password, self._clock, self)

    def _service(self, service: str, binding: str, address: str, login: bool) -> Any:
        onvif = onvif_zeep()
        entry = onvif.SERVICES[service]
        key = (f"{binding}{'' if login else ' without login'}", address)
        if key not in self._services:
            token = self._token() if login else None
            made: Any = Client  # zeep declares no types here
            client = made(document(service), wsse=token, transport=self._transport, settings=SETTINGS)
            self._services[key] = onvif.ONVIFService(
                address,
                self._user,
                self._password,
                str(wsdl_folder() / entry["wsdl"]),
                zeep_client=client,
                binding_name=f"{{{entry['ns']}}}{binding}",
            )
        return self._services[key]

    def _fault(self, error: BaseException | None) -> OnvifFault:
        match error:
            case OnvifFault():
                return OnvifFault(error.kind, error.detail)
            case zeep_errors.Fault():
                codes = " ".join(str(code) for code in [error.code, *(error.subcodes or [])])
                return _refusal(codes, error.message, self._password)
        return OnvifFault(OnvifFaultKind.GARBAGE, f"the answer makes no sense ({type(error).__name__})")


class CameraToken(UsernameToken):
    """WS-UsernameToken digest, stamped `…Z` with the *camera's* time: some cameras refuse `+00:00`, all refuse a stamp
    that is minutes from their own clock, however wrong that is."""

    def __init__(self, user: str, password: str, clock: Clock, caller: Caller) -> None:
        super().__init__(user, password, use_digest=True, zulu_timestamp=True)  # type: ignore[no-untyped-call]
        self._clock = clock
        self._caller = caller

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        self.created = self._clock.now() + self._caller.offset
        applied: tuple[Any, Any] = super().apply(envelope, headers)  # type: ignore[no-untyped-call]
        return applied


class _WireTransport(Transport):
    """zeep's way out: only POST, only through `Wire`."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._wire = wire

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> Answer:
        answer = self._wire.request("POST", address, headers, message, SOAP_LIMIT_BYTES, digest=self._wire.digest)
        if answer.status_code in (401, 403):
            raise OnvifFault(OnvifFaultKind.UNAUTHORIZED, f"HTTP {answer.status_code}")
        if answer.status_code not in _SOAP_STATUS:
            raise OnvifFault(OnvifFaultKind.NOT_ONVIF, f"HTTP {answer.status_code}")
        if b"Envelope" not in answer.content:
            raise OnvifFault(OnvifFaultKind.NOT_ONVIF, "the answer is not a SOAP message")
        return answer

    def load(self, url: str) -> bytes:
        raise ValueError("a camera's answer asked for another document")


def _refusal(codes: str, message: object, password: str) -> OnvifFault:
    text = plain(message)
    if password:
        text = text.replace(password, "***")
    refused = not any(word in f"{codes} {text.replace(' ', '')}" for word in _UNAUTHORIZED)
    return OnvifFault(OnvifFaultKind.REFUSED if refused else OnvifFaultKind.UNAUTHORIZED, text)


def _body(root: etree._Element | None, password: str) -> etree._Element:
    body = None if root is None else root.find("{*}Body")
    if body is None:
        raise OnvifFault(OnvifFaultKind.GARBAGE, "a SOAP message without a body")
    fault = body.find("{*}Fault")
    if fault is not None:
        codes = " ".join(plain(value.text) for value in fault.iter("{*}Value"))
        raise _refusal(codes, " ".join(plain(text.text) for text in fault.iter("{*}Text")), password)
    return body
